/**
 * From digital numbers of Sentinel-2 to the images that FoMo-Net takes.
 *
 * Source: rs-embed, `onthefly_fomo.py`.
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
import { padToSquare, squareAround } from "../_prepare/square.ts";
import type { Tensor } from "../embedder.ts";

/** How digital numbers are scaled. */
export type Normalization = "unit_scale" | "per_tile_minmax" | "none";

/** Digital number of full reflectance; higher ones are clipped. */
const fullScale = 10000;

/** Each plane from its least to its greatest value, to 0 to 1. */
function stretched(planes: Planes): Planes {
  const { count, height, width } = planes;
  const size = height * width;
  const data = planes.data.map((x) => x / fullScale);
  for (let plane = 0; plane < count; plane++) {
    const part = data.subarray(plane * size, (plane + 1) * size);
    const low = part.reduce((a, b) => Math.min(a, b), Infinity);
    const high = part.reduce((a, b) => Math.max(a, b), -Infinity);
    const range = Math.max(high - low, 1e-6);
    for (let i = 0; i < size; i++) part[i] = (part[i]! - low) / range;
  }
  return { ...planes, data };
}

/**
 * The input of the encoder, (12, S, S): scaled, padded to a square by reflection, and resized.
 *
 * @param pixels (1, 12, H, W), reflectance x 10000
 */
export function fomoImage(
  pixels: Pixels,
  { sizePx, normalization }: { sizePx: number; normalization: Normalization },
): Tensor {
  const clipped = clipFinite(planesOf(pixels), { low: 0, high: fullScale, fill: 0 });
  const scaled = normalization === "none"
    ? clipped
    : normalization === "per_tile_minmax"
    ? stretched(clipped)
    : { ...clipped, data: clipped.data.map((x) => x / fullScale) };
  const { data } = resizeBilinear(padToSquare(scaled), { height: sizePx, width: sizePx });
  return ndarray("float32", {
    axes: ["band", "y", "x"],
    shape: [clipped.count, sizePx, sizePx],
    data,
  });
}

/** The grid of the encoder's input. */
export function fomoGrid(grid: Grid, sizePx: number): Grid {
  return resizeGrid(windowGrid(grid, squareAround(grid)), { height: sizePx, width: sizePx });
}
