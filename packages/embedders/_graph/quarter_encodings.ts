/**
 * Encodings that tell tokens of a series apart, each in a quarter of their width.
 *
 * Source: Tseng et al. 2025, arXiv 2502.09356; Ai2's OlmoEarth has the same.
 *
 * @module
 */

import type { LazyTensor } from "@rsembed/models/checkpoint";
import {
  add,
  batch,
  type Float,
  floats,
  gather,
  parameter,
  reshape,
  type Value,
} from "@rsembed/models/onnx";

/** Tables of encodings, a quarter of the width D wide. */
export interface QuarterEncodingsOptions {
  /** Month of each frame, 0 to 11, (N, T). */
  readonly months: Value<"int64">;
  /** First quarter: one row for each group of channels, (S, D / 4). */
  readonly groups: LazyTensor;
  /** Second quarter: one row for each frame, (T, D / 4). @default zeros */
  readonly frames?: LazyTensor;
  /** Third quarter: one row for each month, (12, D / 4). */
  readonly monthTable: LazyTensor;
}

/** Rows of a quarter of a width, put into one of the four quarters, the others 0. */
function inQuarter(rows: LazyTensor, quarter: number): LazyTensor {
  const [count = 0, size = 0] = rows.shape;
  return {
    shape: [count, 4 * size],
    async load(options) {
      const data = await rows.load(options);
      const out = new Float32Array(4 * data.length);
      for (let i = 0; i < count; i++) {
        out.set(data.subarray(i * size, (i + 1) * size), (4 * i + quarter) * size);
      }
      return out;
    },
  };
}

/** The encodings of frames and groups of channels, (N, 1, 1, T, S, D): they broadcast over the places. */
export function frameEncodings(options: QuarterEncodingsOptions): Float {
  const { months, groups, frames, monthTable } = options;
  const [places, count] = months.shape;
  const width = 4 * groups.shape[1]!;
  const group = parameter(inQuarter(groups, 0));
  const month = reshape(
    gather(parameter(inQuarter(monthTable, 2)), months),
    [places ?? batch(), 1, 1, count!, 1, width],
  );
  const fixed = frames
    ? add(reshape(parameter(inQuarter(frames, 1)), [count!, 1, width]), group)
    : group;
  return add(month, fixed);
}

/**
 * The encodings of places, in the fourth quarter, (h, w, 1, 1, D): they broadcast over frames and groups.
 *
 * @param cells (h, w, D / 4), in C order
 */
export function placeEncodings(
  cells: Float64Array,
  { height, width: across }: { readonly height: number; readonly width: number },
): Float {
  const count = height * across;
  const quarter = cells.length / count;
  const data = new Float32Array(4 * cells.length);
  for (let cell = 0; cell < count; cell++) {
    data.set(cells.subarray(cell * quarter, (cell + 1) * quarter), (4 * cell + 3) * quarter);
  }
  return floats([height, across, 1, 1, 4 * quarter], data);
}
