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
import type { ColumnKind, Dataset, DatasetColumn } from "./dataset.ts";
import type { StoredColumn } from "./writer.ts";

/** Names of the arrays of one kind. */
const prefixes: {
  readonly [K in ColumnKind]: { readonly stacked: string; readonly single: string };
} = {
  embedding: { stacked: "embeddings", single: "embedding" },
  input: { stacked: "inputs_bchw", single: "input_chw" },
  scale: { stacked: "embeddings_scale", single: "embedding_scale" },
};

/** Name of an array that holds one place: of a file of its own, or of place `index` among many. */
export function singleKey(kind: ColumnKind, model: string, index?: number): string {
  const key = `${prefixes[kind].single}__${arrayKey(model)}`;
  return index === undefined ? key : `${key}__${String(index).padStart(5, "0")}`;
}

/** Name of an array with a leading place axis. */
export function stackedKey(kind: ColumnKind, model: string): string {
  return `${prefixes[kind].stacked}__${arrayKey(model)}`;
}

/** An order of columns that does not depend on the order of the request: by array name, inputs first. */
export function columnOrder(
  a: Pick<DatasetColumn, "kind" | "model">,
  b: Pick<DatasetColumn, "kind" | "model">,
): number {
  const rank = { input: 0, embedding: 1, scale: 2 } as const;
  const [left, right] = [arrayKey(a.model), arrayKey(b.model)];
  return left === right ? rank[a.kind] - rank[b.kind] : left < right ? -1 : 1;
}

/** How a column is stored under the names of rs-embed. */
export function storedColumn(
  { kind, model, dtype, indices, shape }: DatasetColumn,
  { layout, placeCount }: Pick<Dataset, "layout" | "placeCount">,
): StoredColumn {
  const alone = layout === "per_item";
  // rs-embed reads a shorter array of embeddings as if it were aligned, so gaps force single arrays
  const stacked = !alone && shape !== null &&
    (kind === "input" || indices.length === placeCount);
  return {
    kind,
    model,
    dtype,
    stacked,
    keys: stacked
      ? [stackedKey(kind, model)]
      : indices.map((index) => singleKey(kind, model, alone ? undefined : index)),
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
