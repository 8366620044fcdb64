/**
 * From digital numbers of Sentinel-2 to the series that AnySat takes.
 *
 * @module
 */

import {
  type Grid,
  type Pixels,
  type Planes,
  planesOf,
  resizeBilinear,
  resizeGrid,
} from "@rsembed/core";
import { clipFinite } from "../_prepare/clip_finite.ts";
import { windowGrid } from "../_prepare/ground.ts";
import { padToSquare, squareAround } from "../_prepare/square.ts";

/** Digital number of full reflectance; higher ones are clipped. */
const fullScale = 10000;
/** Least deviation of a band: one without contrast becomes zeros. */
const leastStd = 1e-6;

/**
 * How digital numbers are scaled: `per_tile_zscore` by mean and deviation of each band over all its frames,
 * `unit_scale` to 0 to 1, `none` not at all.
 */
export type Normalization = "per_tile_zscore" | "unit_scale" | "none";

/** Mean and standard deviation of a band over its frames. */
function statistics({ data, count, height, width }: Planes, band: number, bands: number) {
  const size = height * width;
  const values = count / bands * size;
  const over = (fn: (x: number) => number): number => {
    let sum = 0;
    for (let plane = band; plane < count; plane += bands) {
      for (let i = plane * size; i < (plane + 1) * size; i++) sum += fn(data[i]!);
    }
    return sum / values;
  };
  const mean = over((x) => x);
  return { mean, std: Math.sqrt(over((x) => (x - mean) ** 2)) };
}

/** Planes with each band scaled as `normalization` says, in place. */
function normalize(planes: Planes, bands: number, normalization: Normalization): Planes {
  if (normalization === "none") return planes;
  const { data, count, height, width } = planes;
  const size = height * width;
  for (let band = 0; band < bands; band++) {
    const { mean, std } = normalization === "unit_scale"
      ? { mean: 0, std: fullScale }
      : statistics(planes, band, bands);
    const divisor = Math.max(std, leastStd);
    for (let plane = band; plane < count; plane += bands) {
      for (let i = plane * size; i < (plane + 1) * size; i++) {
        data[i] = (data[i]! - mean) / divisor;
      }
    }
  }
  return planes;
}

/**
 * The frames of a patch as the encoder takes them: not finite to 0, clipped to 0 to 10000, padded to a square
 * by reflection, resized, normalised.
 *
 * @param pixels (T, 10, H, W), reflectance x 10000
 * @returns T x 10 planes of S x S
 */
export function normalizedFrames(
  pixels: Pixels,
  { sizePx, normalization }: { sizePx: number; normalization: Normalization },
): Planes {
  const clean = clipFinite(planesOf(pixels), { low: 0, high: fullScale, fill: 0 });
  const fits = clean.height === sizePx && clean.width === sizePx;
  const planes = fits
    ? clean
    : resizeBilinear(padToSquare(clean), { height: sizePx, width: sizePx });
  return normalize(planes, pixels.shape[1], normalization);
}

/** A series of `count` equal frames. */
export function repeatFrame(planes: Planes, count: number): Planes {
  const { data: frame } = planes;
  const data = new Float32Array(count * frame.length);
  for (let i = 0; i < count; i++) data.set(frame, i * frame.length);
  return { ...planes, data, count: planes.count * count };
}

/** The grid of the encoder's input. */
export function squaredGrid(grid: Grid, sizePx: number): Grid {
  return resizeGrid(windowGrid(grid, squareAround(grid)), { width: sizePx, height: sizePx });
}
