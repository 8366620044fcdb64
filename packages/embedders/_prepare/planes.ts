/**
 * Stacks of images, the form in which pixels are resized, padded and normalised.
 *
 * @module
 */

import type { Pixels } from "@rsembed/core";

/** `count` images of one size, one after another, rows first. */
export interface Planes {
  readonly data: Float32Array<ArrayBuffer>;
  readonly count: number;
  /** Rows, px. */
  readonly height: number;
  /** Columns, px. */
  readonly width: number;
}

/** A size in pixels. */
export interface Size {
  readonly height: number;
  readonly width: number;
}

/** Pixels (T, C, H, W) as T x C planes, without a copy. */
export function planesOf(pixels: Pixels): Planes {
  const [t, c, height, width] = pixels.shape;
  return { data: pixels.data, count: t * c, height, width };
}

/**
 * A copy with values outside `[low, high]` clipped to it and anything not finite replaced by `fill`.
 */
export function clipFinite(
  planes: Planes,
  { low, high, fill }: { low: number; high: number; fill: number },
): Planes {
  const from = planes.data;
  const data = new Float32Array(from.length);
  for (let i = 0; i < from.length; i++) {
    const x = from[i]!;
    data[i] = x - x !== 0 ? fill : x < low ? low : x > high ? high : x;
  }
  return { ...planes, data };
}
