/**
 * Antialiased bicubic resampling of real-valued images.
 *
 * @module
 */

import type { Planes, Size } from "@rsembed/core";
import { bicubicMatrix } from "@rsembed/models/layers";

/** The weights of each output sample along one axis, without their zeros. */
interface Taps {
  readonly start: Int32Array;
  readonly length: Int32Array;
  /** `from` weights for each output sample. */
  readonly weights: Float64Array;
  readonly from: number;
}

function tapsOf(from: number, to: number): Taps {
  const { data: weights } = bicubicMatrix({ from, to, antialias: true });
  const start = new Int32Array(to);
  const length = new Int32Array(to);
  for (let i = 0; i < to; i++) {
    let [first, end] = [0, from];
    while (weights[i * from + first] === 0) first++;
    while (weights[i * from + end - 1] === 0) end--;
    start[i] = first;
    length[i] = end - first;
  }
  return { start, length, weights, from };
}

/**
 * Bicubic resize with antialiasing, columns first, then rows; the same planes where the size does not change.
 * Values may leave the range of the input.
 *
 * Source: torch `interpolate(mode="bicubic", align_corners=False, antialias=True)`, a = -0.5.
 */
export function resizeBicubic(planes: Planes, { height, width }: Size): Planes {
  if (planes.height === height && planes.width === width) return planes;
  const { data: from, count, height: oldHeight, width: oldWidth } = planes;
  const across = tapsOf(oldWidth, width);
  const down = tapsOf(oldHeight, height);
  const narrow = new Float32Array(count * oldHeight * width);
  let at = 0;
  for (let row = 0; row < count * oldHeight; row++) {
    for (let x = 0; x < width; x++) {
      const first = across.start[x]!;
      let sum = 0;
      for (let k = 0; k < across.length[x]!; k++) {
        sum += from[row * oldWidth + first + k]! * across.weights[x * oldWidth + first + k]!;
      }
      narrow[at++] = sum;
    }
  }
  const data = new Float32Array(count * height * width);
  at = 0;
  for (let plane = 0; plane < count; plane++) {
    for (let y = 0; y < height; y++) {
      const first = down.start[y]!;
      for (let x = 0; x < width; x++) {
        let sum = 0;
        for (let k = 0; k < down.length[y]!; k++) {
          sum += narrow[(plane * oldHeight + first + k) * width + x]! *
            down.weights[y * oldHeight + first + k]!;
        }
        data[at++] = sum;
      }
    }
  }
  return { data, count, height, width };
}
