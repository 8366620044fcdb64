/**
 * How far attention turns each token: by its day, its row and its column.
 *
 * Source: allenai/olmoearth_pretrain, `nn/encodings.py`, mixed 3D RoPE; Heo et al. 2024, arXiv 2403.13298.
 *
 * @module
 */

import { type LazyTensor, mapTensor } from "@rsembed/models/checkpoint";
import type { Rotation } from "@rsembed/models/layers";
import {
  add,
  batch,
  cos,
  type Float,
  mul,
  parameter,
  reshape,
  sin,
  sub,
} from "@rsembed/models/onnx";
import type { RotaryScales } from "./config.ts";
import type { PatchSides } from "./patches.ts";

/** Rows of the frequencies. */
const [dayAxis, rowAxis, columnAxis] = [0, 1, 2];

/** The angle of two turns, one after the other. */
function both(a: Rotation, b: Rotation): Rotation {
  return {
    cos: sub(mul(a.cos, b.cos), mul(a.sin, b.sin)),
    sin: add(mul(a.sin, b.cos), mul(a.cos, b.sin)),
  };
}

/**
 * The turns of all tokens, (N, h w T, D / 2), those of a frame for each patch, of one set of bands.
 *
 * Rows and columns are turned in float64 when the graph is written. They are joined to the days one after the
 * other, as a table of both would take more room than a block's weights.
 *
 * @param frequencies (3, heads, W / 2): of days, rows and columns
 * @param days Days of each frame since the first, (N, T)
 */
export function turnsOf(
  frequencies: LazyTensor,
  { days, scales, sides: { frames, side, patchPx } }: {
    readonly days: Float;
    readonly scales: RotaryScales;
    readonly sides: PatchSides;
  },
): Rotation {
  const [, heads = 0, perHead = 0] = frequencies.shape;
  const pairs = heads * perHead;
  const axisOf = (data: Float32Array, axis: number) =>
    data.subarray(axis * pairs, (axis + 1) * pairs);
  const table = (axis: number, shape: readonly number[], fn: (angle: number) => number) =>
    parameter(mapTensor(frequencies, shape, (data) => {
      const own = axisOf(data, axis);
      const step = patchPx * scales.perPx;
      return Float32Array.from(
        { length: side * pairs },
        (_, i) => fn(Math.floor(i / pairs) * step * own[i % pairs]!),
      );
    }));
  const along = (axis: number, shape: readonly number[]): Rotation => ({
    cos: table(axis, shape, Math.cos),
    sin: table(axis, shape, Math.sin),
  });
  const perDay = parameter(
    mapTensor(frequencies, [pairs], (data) => axisOf(data, dayAxis).map((f) => f * scales.perDay)),
  );
  const angle = mul(reshape(days, [batch(), 1, 1, frames, 1]), perDay);
  const rows = along(rowAxis, [side, 1, 1, pairs]);
  const columns = along(columnAxis, [side, 1, pairs]);
  const turns = both(both({ cos: cos(angle), sin: sin(angle) }, rows), columns);
  const flat = [batch(), side * side * frames, pairs];
  return { cos: reshape(turns.cos, flat), sin: reshape(turns.sin, flat) };
}
