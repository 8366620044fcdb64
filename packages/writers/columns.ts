/**
 * Which arrays an export consists of: the names and the stacking of rs-embed.
 *
 * | values of one model                        | combined                                | per item           |
 * | ------------------------------------------ | --------------------------------------- | ------------------ |
 * | embeddings, every place, one shape         | `embeddings__<m>` (N, ...)              | `embedding__<m>`   |
 * | embeddings, places missing or shapes apart | `embedding__<m>__00012`, one a place    |                    |
 * | inputs, one shape                          | `inputs_bchw__<m>` (N or fewer, ...)    | `input_chw__<m>`   |
 * | inputs, shapes apart                       | `input_chw__<m>__00012`, one a place    |                    |
 *
 * `<m>` is `arrayKey(model)`. Arrays are stored with the axes they come with: an input of a single date
 * is (C, H, W) and one of several (T, C, H, W), and it is the caller who drops an axis of length 1.
 *
 * @module
 */

import { arrayKey, RsembedError } from "@rsembed/core";
import type { Cell, StoredColumn } from "./writer.ts";

/** Names of the arrays of one kind. */
const prefixes: {
  readonly [K in Cell["kind"]]: { readonly stacked: string; readonly single: string };
} = {
  embedding: { stacked: "embeddings", single: "embedding" },
  input: { stacked: "inputs_bchw", single: "input_chw" },
};

/** Name of an array that holds one place: of a file of its own, or of place `index` among many. */
export function singleKey(kind: Cell["kind"], model: string, index?: number): string {
  const key = `${prefixes[kind].single}__${arrayKey(model)}`;
  return index === undefined ? key : `${key}__${String(index).padStart(5, "0")}`;
}

/** Name of an array with a leading place axis. */
export function stackedKey(kind: Cell["kind"], model: string): string {
  return `${prefixes[kind].stacked}__${arrayKey(model)}`;
}

/** Values of one model and kind, as they were given. */
export interface ColumnValues {
  readonly kind: Cell["kind"];
  readonly model: string;
  readonly dtype: StoredColumn["dtype"];
  /** Places, in the order of the rows. */
  readonly indices: readonly number[];
  /** The shape of every value; `null` where shapes differ. */
  readonly shape: readonly number[] | null;
}

/** How the values of one model and kind are stored among those of `placeCount` places. */
export function combinedColumn(values: ColumnValues, placeCount: number): StoredColumn {
  const { kind, model, dtype, indices, shape } = values;
  // rs-embed reads a shorter array of embeddings as if it were aligned, so gaps force single arrays
  const stacked = shape !== null && (kind === "input" || indices.length === placeCount);
  return {
    kind,
    model,
    dtype,
    stacked,
    keys: stacked
      ? [stackedKey(kind, model)]
      : indices.map((index) => singleKey(kind, model, index)),
    indices,
    shape: stacked ? [indices.length, ...shape] : null,
  };
}

/**
 * Refuses models whose array names would be the same.
 *
 * @throws {RsembedError} `spec`
 */
export function checkDistinctKeys(models: Iterable<string>): void {
  const seen = new Map<string, string>();
  for (const model of new Set(models)) {
    const key = arrayKey(model);
    const other = seen.get(key);
    if (other !== undefined) {
      throw new RsembedError(
        "spec",
        `Cannot write "${other}" and "${model}" to one file: both arrays would be named "${key}"`,
        { facts: { field: "model", value: model } },
      );
    }
    seen.set(key, model);
  }
}
