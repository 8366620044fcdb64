/**
 * Options of a resolved model, with their types.
 *
 * @module
 */

import type { ResolvedModel } from "@rsembed/core";

/** Types an option may have, by name. */
interface OptionTypes {
  readonly number: number;
  readonly string: string;
  readonly boolean: boolean;
}

/**
 * The value of an option that always has one.
 *
 * @throws {TypeError} If the model was not resolved by its card
 */
export function optionOf<T extends keyof OptionTypes>(
  model: ResolvedModel,
  key: string,
  type: T,
): OptionTypes[T] {
  const value: unknown = model.options[key];
  const kind: string = typeof value;
  if (kind !== type) {
    throw new TypeError(`Cannot use option ${key}=${value} of ${model.name}: it is a ${type}`);
  }
  return value as OptionTypes[T];
}

/** The value of a numeric option, or `null` where the model decides. */
export function numberOrNull(model: ResolvedModel, key: string): number | null {
  return model.options[key] === null ? null : optionOf(model, key, "number");
}
