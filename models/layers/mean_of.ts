/**
 * The mean of a few values.
 *
 * @module
 */

import { add, type Float, mul } from "../onnx/mod.ts";

/**
 * The mean of values of one shape, added one by one: over a short axis the runtime sums in an order that depends on
 * the batch size, and a place would not give the same numbers in any batch.
 *
 * @param values At least one
 */
export function meanOf(values: readonly Float[]): Float {
  if (values.length === 0) throw new RangeError("Cannot take the mean of no values");
  const sum = values.reduce((total, value) => add(total, value));
  return values.length === 1 ? sum : mul(sum, 1 / values.length);
}
