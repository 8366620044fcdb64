/**
 * Stacks of images, the form in which pixels are resized, padded and normalised.
 *
 * @module
 */

import type { Pixels } from "./ndarray.ts";

/** `count` images of one size, one after another, rows first. */
export interface Planes extends Size {
  /** Values of all images. */
  readonly data: Float32Array<ArrayBuffer>;
  /** Number of images. */
  readonly count: number;
}

/** A size in pixels. */
export interface Size {
  /** Rows, px. */
  readonly height: number;
  /** Columns, px. */
  readonly width: number;
}

/** Pixels (T, C, H, W) as T x C planes, without a copy. */
export function planesOf(pixels: Pixels): Planes {
  const [t, c, height, width] = pixels.shape;
  return { data: pixels.data, count: t * c, height, width };
}

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
 * @example
 * ```ts
 * import { resizeBilinear } from "@rsembed/core";
 * import assert from "node:assert/strict";
 *
 * const planes = { data: Float32Array.of(0, 4), count: 1, height: 1, width: 2 };
 * const { data } = resizeBilinear(planes, { height: 1, width: 4 });
 * assert.deepEqual([...data], [0, 1, 3, 4]);
 * ```
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
