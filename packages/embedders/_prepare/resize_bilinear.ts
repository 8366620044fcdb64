/**
 * Bilinear resampling.
 *
 * @module
 */

import type { Planes, Size } from "./planes.ts";

/** For each output pixel: its two source pixels, and the weight of the second. */
interface Taps {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly weight: Float64Array;
}

function tapsOf(from: number, to: number): Taps {
  const first = new Int32Array(to);
  const second = new Int32Array(to);
  const weight = new Float64Array(to);
  for (let i = 0; i < to; i++) {
    const source = Math.max(0, ((i + 0.5) * from) / to - 0.5);
    const low = Math.min(from - 1, Math.floor(source));
    first[i] = low;
    second[i] = Math.min(from - 1, low + 1);
    weight[i] = source - low;
  }
  return { first, second, weight };
}

/**
 * Bilinear resize with half-pixel centres and without antialiasing; the same planes where the size does
 * not change.
 *
 * Source: torch `interpolate(mode="bilinear", align_corners=False, antialias=False)`.
 */
export function resizeBilinear(planes: Planes, { height, width }: Size): Planes {
  if (planes.height === height && planes.width === width) return planes;
  const { data: from, count, height: oldHeight, width: oldWidth } = planes;
  const rows = tapsOf(oldHeight, height);
  const columns = tapsOf(oldWidth, width);
  const data = new Float32Array(count * height * width);
  let at = 0;
  for (let plane = 0; plane < count; plane++) {
    const start = plane * oldHeight * oldWidth;
    for (let y = 0; y < height; y++) {
      const top = start + rows.first[y]! * oldWidth;
      const bottom = start + rows.second[y]! * oldWidth;
      const wy = rows.weight[y]!;
      for (let x = 0; x < width; x++) {
        const left = columns.first[x]!;
        const right = columns.second[x]!;
        const wx = columns.weight[x]!;
        const upper = from[top + left]! * (1 - wx) + from[top + right]! * wx;
        const lower = from[bottom + left]! * (1 - wx) + from[bottom + right]! * wx;
        data[at++] = upper * (1 - wy) + lower * wy;
      }
    }
  }
  return { data, count, height, width };
}
