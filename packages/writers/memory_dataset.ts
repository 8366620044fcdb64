/**
 * Datasets of values that are in memory: a single place, or a few.
 *
 * @module
 */

import { bytesOf, type Dtype, type NdArray, sizeOf } from "@rsembed/core";
import { columnOrder } from "./columns.ts";
import type {
  ColumnKind,
  Dataset,
  DatasetAbout,
  DatasetColumn,
  DatasetFailure,
  RowPlace,
} from "./dataset.ts";

/** One value of an export: of one model, at one place. */
export interface Cell {
  /** What it is. */
  readonly kind: ColumnKind;
  /** Model name as the caller wrote it. */
  readonly model: string;
  /** Stored with the axes it has: a single-date input is handed in as (C, H, W). */
  readonly array: NdArray<readonly string[], Dtype>;
  /** Where and when it is of. */
  readonly place: RowPlace;
}

/** What {@linkcode memoryDataset} cannot see from the values. */
export interface MemoryDatasetOptions {
  /** How files will be laid out. */
  readonly layout: Dataset["layout"];
  /** Number of places, failed ones included. */
  readonly placeCount: number;
  /** What the dataset says of itself. */
  readonly about: DatasetAbout;
  /** Places at which models failed. @default none */
  readonly failures?: readonly DatasetFailure[];
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((side, axis) => side === b[axis]);
}

function checkCell(
  { array, model, place: { index } }: Cell,
  { layout, placeCount }: Pick<MemoryDatasetOptions, "layout" | "placeCount">,
): void {
  if (!Number.isSafeInteger(index) || index < 0) {
    throw new RangeError(`Cannot write place ${index}: places are numbered from 0`);
  }
  if (layout === "combined" && index >= placeCount) {
    throw new RangeError(`Cannot write place ${index}: there are ${placeCount} places`);
  }
  if (array.data.length !== sizeOf(array.shape)) {
    throw new RangeError(
      `Cannot write ${array.data.length} values of "${model}" as shape (${array.shape})`,
    );
  }
}

/** A column of cells, sorted by place. */
function columnOf(cells: readonly Cell[]): DatasetColumn {
  const sorted = [...cells].sort((a, b) => a.place.index - b.place.index);
  const { kind, model, array: { dtype, axes, shape } } = sorted[0]!;
  for (const [row, { array, place }] of sorted.entries()) {
    const what = `the ${kind} of "${model}" at place ${place.index}`;
    if (array.dtype !== dtype) {
      throw new TypeError(`Cannot write ${what} as ${array.dtype}: other places are ${dtype}`);
    }
    if (row > 0 && sorted[row - 1]!.place.index === place.index) {
      throw new TypeError(`Cannot write ${what}: it is there already`);
    }
  }
  const all = { start: 0, end: sorted.length };
  return {
    kind,
    model,
    dtype,
    axes,
    indices: sorted.map(({ place }) => place.index),
    shape: sorted.every(({ array }) => sameShape(array.shape, shape)) ? shape : null,
    shapeOf: (row) => sorted[row]!.array.shape,
    async *values({ start, end } = all) {
      for (const { array } of sorted.slice(start, end)) yield bytesOf(array);
    },
    async *places({ start, end } = all) {
      for (const { place } of sorted.slice(start, end)) yield place;
    },
  };
}

/**
 * A dataset of cells, in any order.
 *
 * @throws {TypeError} If a place comes twice in a column, its dtypes differ, or there are several places per item
 * @throws {RangeError} If a place is beyond the count, or values do not fit their shape
 *
 * @example
 * ```ts
 * import { memoryDataset } from "@rsembed/writers";
 * import { ndarray } from "@rsembed/core";
 * import assert from "node:assert/strict";
 *
 * const place = (index: number) => ({
 *   index,
 *   name: `p${index}`,
 *   footprint: null,
 *   start: "2022-06-01",
 *   end: "2022-09-01",
 *   source: "COPERNICUS/S2_SR_HARMONIZED",
 *   items: [],
 *   validFraction: 1,
 *   grid: null,
 * });
 * const dataset = memoryDataset(
 *   [1, 0].map((index) => ({
 *     kind: "embedding",
 *     model: "mosaiks",
 *     array: ndarray("float32", { axes: ["d"], shape: [512] }),
 *     place: place(index),
 *   })),
 *   {
 *     layout: "combined",
 *     placeCount: 2,
 *     about: { createdBy: "mine", fingerprint: "", output: {}, models: [], quantization: null },
 *   },
 * );
 * assert.deepEqual(dataset.columns[0]?.indices, [0, 1]);
 * ```
 */
export function memoryDataset(cells: readonly Cell[], options: MemoryDatasetOptions): Dataset {
  const groups = new Map<string, Cell[]>();
  for (const cell of cells) {
    checkCell(cell, options);
    const { index } = cell.place;
    const first = cells[0]!.place.index;
    if (options.layout === "per_item" && index !== first) {
      throw new TypeError(`Cannot write place ${index}: the file is of place ${first}`);
    }
    const key = JSON.stringify([cell.kind, cell.model]);
    const group = groups.get(key);
    if (group) group.push(cell);
    else groups.set(key, [cell]);
  }
  const { layout, placeCount, about, failures = [] } = options;
  return {
    layout,
    placeCount,
    about,
    columns: [...groups.values()].map(columnOf).sort(columnOrder),
    async *failures() {
      yield* failures;
    },
  };
}
