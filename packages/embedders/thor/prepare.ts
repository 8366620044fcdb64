/**
 * From Sentinel-2's digital numbers, or Sentinel-1's power, to the images that THOR takes.
 *
 * Source: rs-embed, `onthefly_thor.py`.
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
import { windowGrid } from "../_prepare/ground.ts";
import { logPower } from "../_prepare/log_power.ts";
import { mapBands, standardized } from "../_prepare/map_bands.ts";
import { takeWindow } from "../_prepare/square.ts";
import type { Tensor } from "../embedder.ts";
import type { Modality } from "./config.ts";
import type { Geometry } from "./geometry.ts";

/** How values are scaled. */
export type Normalization = "thor_stats" | "unit_scale" | "none";

/** Digital number of full reflectance. */
const fullScale = 10000;

/** Of reflectance, in the order of the bands. Source: FM4CS/THOR, its statistics of pretraining. */
const statistics: readonly (readonly [mean: number, std: number])[] = [
  [0.17662, 0.26452],
  [0.195923, 0.252949],
  [0.213948, 0.25918],
  [0.263378, 0.272771],
  [0.300818, 0.248175],
  [0.313144, 0.235432],
  [0.308133, 0.226434],
  [0.320993, 0.223274],
  [0.22155, 0.171606],
  [0.175772, 0.156223],
];

function scaledReflectance(planes: Planes, normalization: Normalization): Planes {
  const clipped = clipFinite(planes, { low: 0, high: fullScale, fill: 0 });
  if (normalization === "none") return clipped;
  return mapBands(clipped, (band) => {
    const change = standardized(normalization === "unit_scale" ? [0, 1] : statistics[band]!);
    return (x) => change(x / fullScale);
  });
}

function scaledPower(planes: Planes, normalization: Normalization, name: string): Planes {
  const data = normalization === "none"
    ? planes.data.map((x) => x - x === 0 ? x : 0)
    : logPower(planes.data, name);
  return { ...planes, data };
}

/** How images are prepared. */
export interface ThorImageOptions {
  readonly modality: Modality;
  readonly normalization: Normalization;
  readonly geometry: Geometry;
  /** What stands where there is no imagery, in the sensor's own numbers. */
  readonly fillValue: number;
  /** Of the model, for messages. */
  readonly name: string;
}

/**
 * The input of the encoder, (C, S, S): cut or filled to its size, and scaled; or scaled, and stretched to its size.
 *
 * @param pixels (1, 10 or 2, H, W), reflectance x 10000 or linear power
 * @throws {RsembedError} `spec` for backscatter in decibels
 */
export function thorImage(pixels: Pixels, options: ThorImageOptions): Tensor {
  const { modality, normalization, geometry: { native, sidePx }, fillValue, name } = options;
  const planes = planesOf(pixels);
  const taken = native
    ? takeWindow(takeWindow(planes, native.square, fillValue), native.snapped, fillValue)
    : planes;
  const scaled = modality === "s1"
    ? scaledPower(taken, normalization, name)
    : scaledReflectance(taken, normalization);
  const { data, count } = resizeBilinear(scaled, { height: sidePx, width: sidePx });
  return ndarray("float32", { axes: ["band", "y", "x"], shape: [count, sidePx, sidePx], data });
}

/** The grid of the encoder's input. */
export function thorGrid(grid: Grid, { native, sidePx }: Geometry): Grid {
  return native
    ? windowGrid(windowGrid(grid, native.square), native.snapped)
    : resizeGrid(grid, { height: sidePx, width: sidePx });
}
