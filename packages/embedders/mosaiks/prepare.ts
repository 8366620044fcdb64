/**
 * From digital numbers to the values that filters respond to.
 *
 * @module
 */

import { ndarray, type Pixels, planesOf } from "@rsembed/core";
import type { Tensor } from "../embedder.ts";
import { clipFinite } from "../_prepare/clip_finite.ts";

/** `reflectance` is digital numbers / 10000 in 0 to 1; `none` takes values as they are. */
export type Normalization = "reflectance" | "none";

/** Digital number of full reflectance. */
const fullScale = 10000;

/**
 * The image that filters slide over, (C, H, W). What is not finite becomes 0.
 *
 * @param pixels (1, C, H, W)
 */
export function normalizedBands(pixels: Pixels, normalization: Normalization): Tensor {
  const [, bands, height, width] = pixels.shape;
  const [low, high, scale] = normalization === "reflectance"
    ? [0, fullScale, fullScale]
    : [-Infinity, Infinity, 1];
  const { data } = clipFinite(planesOf(pixels), { low, high, fill: 0 });
  for (let i = 0; i < data.length; i++) data[i]! /= scale;
  return ndarray("float32", { axes: ["band", "y", "x"], shape: [bands, height, width], data });
}
