/**
 * From digital numbers of Sentinel-2 to the tensors that Galileo takes.
 *
 * @module
 */

import {
  type Grid,
  ndarray,
  type Pixels,
  type Planes,
  planesOf,
  resizeBilinear,
  resizeGrid,
} from "@rsembed/core";
import type { Tensor } from "../embedder.ts";
import { windowGrid } from "../_prepare/ground.ts";
import { clipFinite } from "../_prepare/clip_finite.ts";
import { padToSquare, squareAround } from "../_prepare/square.ts";

/** Bands in the order of the encoder's channels. */
export const galileoBands = [
  "B2",
  "B3",
  "B4",
  "B5",
  "B6",
  "B7",
  "B8",
  "B8A",
  "B11",
  "B12",
] as const;

/** Means of the bands over the pretraining set. Source: nasaharvest/galileo, `src/data/dataset.py`. */
const bandMean = [
  1395.3408730676722,
  1338.4026921784578,
  1343.09883810357,
  1543.8607982512297,
  2186.2022069512263,
  2525.0932853316694,
  2410.3377187373408,
  2750.2854646886753,
  2234.911100061487,
  1474.5311266077113,
] as const;

/** Standard deviations of the bands over the pretraining set. Source: as above. */
const bandStd = [
  917.7041440370853,
  913.2988423581528,
  1092.678723527555,
  1047.2206083460424,
  1048.0101611156767,
  1143.6903026819996,
  1098.979177731649,
  1204.472755085893,
  1145.9774063078878,
  980.2429840007796,
] as const;

/** Digital number of full reflectance; higher ones are clipped. */
const fullScale = 10000;

/**
 * How digital numbers are scaled. `pretraining` is what the published weights were trained with; the others
 * are rs-embed's.
 */
export type Normalization =
  | "pretraining"
  | "none"
  | "unit_scale"
  | "per_tile_minmax"
  | "official_stats";

/** Offset and divisor of each plane: `(x - offset) / divisor`. */
function scalingOf(
  planes: Planes,
  normalization: Normalization,
): (plane: number) => [number, number] {
  const bands = galileoBands.length;
  switch (normalization) {
    case "none":
      return () => [0, 1];
    case "unit_scale":
      return () => [0, fullScale];
    case "pretraining":
      return (plane) => {
        const std = bandStd[plane % bands]!;
        return [bandMean[plane % bands]! - 2 * std, 4 * std];
      };
    case "official_stats":
      return (plane) => [bandMean[plane % bands]!, bandStd[plane % bands]!];
    case "per_tile_minmax":
      return (plane) => {
        const size = planes.height * planes.width;
        let low = Infinity;
        let high = -Infinity;
        for (let i = plane * size; i < (plane + 1) * size; i++) {
          const x = planes.data[i]!;
          if (x < low) low = x;
          if (x > high) high = x;
        }
        return [low, Math.max(high - low, fullScale * 1e-6)];
      };
  }
}

/**
 * The encoder's Sentinel-2 channels, (T, 10, S, S): not finite to 0, clipped to 0 to 10000, padded to a
 * square by reflection, resized, normalised.
 *
 * @param pixels (T, 10, H, W), reflectance x 10000
 */
export function normalizedFrames(
  pixels: Pixels,
  { sizePx, normalization }: { sizePx: number; normalization: Normalization },
): Tensor {
  const clean = clipFinite(planesOf(pixels), { low: 0, high: fullScale, fill: 0 });
  const fits = clean.height === sizePx && clean.width === sizePx;
  const planes = fits
    ? clean
    : resizeBilinear(padToSquare(clean), { height: sizePx, width: sizePx });
  const scaling = scalingOf(planes, normalization);
  const size = sizePx * sizePx;
  const data = new Float32Array(planes.data.length);
  for (let plane = 0; plane < planes.count; plane++) {
    const [offset, divisor] = scaling(plane);
    for (let i = plane * size; i < (plane + 1) * size; i++) {
      data[i] = (planes.data[i]! - offset) / divisor;
    }
  }
  const [t, bands] = pixels.shape;
  return ndarray("float32", {
    axes: ["t", "band", "y", "x"],
    shape: [t, bands, sizePx, sizePx],
    data,
  });
}

/** The grid of the encoder's input. */
export function squaredGrid(grid: Grid, sizePx: number): Grid {
  return resizeGrid(windowGrid(grid, squareAround(grid)), { width: sizePx, height: sizePx });
}
