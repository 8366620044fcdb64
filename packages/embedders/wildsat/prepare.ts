/**
 * From digital numbers to the images that WildSAT takes, through 8 bits.
 *
 * Source: rs-embed, `onthefly_wildsat.py`.
 *
 * @module
 */

import type { Pixels } from "@rsembed/core";
import { type BytePlanes, resizeBicubicBytes } from "../_prepare/resize_bicubic_u8.ts";
import { normalizeBytes } from "../_prepare/rgb_bytes.ts";
import type { Tensor } from "../embedder.ts";

/** Digital number of full reflectance; higher ones are clipped. */
const fullScale = 10000;

/** Ranges below this are flat. */
const leastRange = 1e-6;

/** Pixels in 0 to 1 are fed as they are. */
const statistics = { mean: [0, 0, 0], std: [1, 1, 1] };

/** How reflectance becomes 8 bits. */
export type Normalization = "minmax" | "unit_scale";

function toBytes(pixels: Pixels, normalization: Normalization): BytePlanes {
  const [, count, height, width] = pixels.shape;
  const { fround } = Math;
  // each step rounds to float32, as it does upstream: truncation shows the difference
  const reflectance = pixels.data.map((x) =>
    x - x === 0 ? Math.min(fullScale, Math.max(0, x)) / fullScale : 0
  );
  let [low, range] = [0, 1];
  if (normalization === "minmax") {
    low = reflectance.reduce((a, b) => Math.min(a, b), Infinity);
    range = fround(reflectance.reduce((a, b) => Math.max(a, b), -Infinity) - low);
  }
  const data = new Uint8Array(reflectance.length);
  if (range > leastRange) {
    for (let i = 0; i < data.length; i++) {
      const share = fround(fround(reflectance[i]! - low) / range);
      data[i] = Math.trunc(Math.min(255, fround(share * 255)));
    }
  }
  return { data, count, height, width };
}

/**
 * The input of the network, (3, S, S), in 0 to 1; a rectangle is stretched.
 *
 * @param pixels (1, 3, H, W), reflectance x 10000
 */
export function wildsatImage(
  pixels: Pixels,
  { sizePx, normalization }: { sizePx: number; normalization: Normalization },
): Tensor {
  const size = { height: sizePx, width: sizePx };
  const window = { x: 0, y: 0, ...size };
  const bytes = resizeBicubicBytes(toBytes(pixels, normalization), { size, window });
  return normalizeBytes(bytes, statistics);
}
