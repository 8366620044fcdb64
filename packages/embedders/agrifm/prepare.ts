/**
 * From digital numbers of Sentinel-2 to the series that AgriFM takes.
 *
 * Source: rs-embed, `onthefly_agrifm.py`; means and deviations of flyakon/AgriFM, `configs/cropland_mapping.py`.
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
import { clipFinite } from "../_prepare/clip_finite.ts";
import { mapBands, standardized } from "../_prepare/map_bands.ts";
import { windowGrid } from "../_prepare/ground.ts";
import { padToSquare, squareAround } from "../_prepare/square.ts";
import type { Tensor } from "../embedder.ts";

/** How digital numbers are scaled. */
export type Normalization = "agrifm_stats" | "unit_scale" | "none";

/** Digital number of full reflectance; higher ones are clipped. */
const fullScale = 10000;

/** Mean and standard deviation of each band. */
const statistics = [
  [4179.192015478227, 4041.5212325268735],
  [4065.9106675194444, 3691.003119315892],
  [3957.274910960156, 3629.331318356375],
  [5207.452475253116, 2973.5178530908756],
  [4327.12234687, 3569.73343885],
  [4873.16102239, 3085.9151435],
  [5049.1637925, 2937.56005119],
  [5111.07806856, 2806.04462314],
  [3056.86349163, 1808.30013156],
  [2490.9675032, 1694.20220774],
] as const;

function scaled(planes: Planes, normalization: Normalization): Planes {
  const clipped = clipFinite(planes, { low: 0, high: fullScale, fill: 0 });
  if (normalization === "none") return clipped;
  return mapBands(
    clipped,
    (plane) =>
      normalization === "unit_scale"
        ? (x) => x / fullScale
        : standardized(statistics[plane % statistics.length]!),
  );
}

/** How a series is brought to the encoder's. */
export interface SeriesOptions {
  readonly sizePx: number;
  readonly normalization: Normalization;
  /** Frames wanted: a single image is repeated. */
  readonly frames: number;
}

/**
 * The input of the encoder, (T, 10, S, S): scaled, padded to squares by reflection, and resized.
 *
 * @param pixels (1 or T, 10, H, W), reflectance x 10000
 */
export function agrifmSeries(pixels: Pixels, options: SeriesOptions): Tensor {
  const { sizePx, normalization, frames } = options;
  const [, bands] = pixels.shape;
  const square = padToSquare(scaled(planesOf(pixels), normalization));
  const { data: resized } = resizeBilinear(square, { height: sizePx, width: sizePx });
  const data = new Float32Array(frames * bands * sizePx * sizePx);
  for (let at = 0; at < data.length; at += resized.length) data.set(resized, at);
  return ndarray("float32", {
    axes: ["t", "band", "y", "x"],
    shape: [frames, bands, sizePx, sizePx],
    data,
  });
}

/** The grid of the encoder's input. */
export function agrifmGrid(grid: Grid, sizePx: number): Grid {
  return resizeGrid(windowGrid(grid, squareAround(grid)), { height: sizePx, width: sizePx });
}
