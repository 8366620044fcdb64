/**
 * From digital numbers to the images that SatMAE++ takes, through 8 bits.
 *
 * @module
 */

import { ndarray, type Pixels, type Planes } from "@rsembed/core";
import { resizeBicubic } from "../_prepare/resize_bicubic.ts";
import { normalizeBytes, toBytes } from "../_prepare/rgb_bytes.ts";
import type { Tensor } from "../embedder.ts";

/** Of Functional Map of the World. Source: rshf, `rshf/satmaepp/model.py`. */
export const fmowStatistics = {
  mean: [0.4182007312774658, 0.4214799106121063, 0.3991275727748871],
  std: [0.28774282336235046, 0.27541765570640564, 0.2764017581939697],
} as const;

/** Mean and standard deviation of each band, B2 to B12. Source: `SentinelNormalize` of SatMAE. */
const sentinelStatistics = [
  [1184.3824625, 650.2842772],
  [1120.77120066, 712.12507725],
  [1136.26026392, 965.23119807],
  [1263.73947144, 948.9819932],
  [1645.40315151, 1108.06650639],
  [1846.87040806, 1258.36394548],
  [1762.59530783, 1233.1492281],
  [1972.62420416, 1364.38688993],
  [1732.16362238, 1310.36996126],
  [1247.91870117, 1087.6020813],
] as const;

/** Order of the channels that are fed. */
export type ChannelOrder = "rgb" | "bgr";

/** Real-valued images of any size as the square input, (C, S, S); a rectangle is stretched. */
function resized(planes: Planes, sizePx: number): Tensor {
  const { data, count } = resizeBicubic(planes, { height: sizePx, width: sizePx });
  return ndarray("float32", { axes: ["band", "y", "x"], shape: [count, sizePx, sizePx], data });
}

/**
 * The input of the RGB encoder: 8 bits, normalised, then resized.
 *
 * @param pixels (1, 3, H, W), reflectance x 10000
 */
export function rgbImage(
  pixels: Pixels,
  { sizePx, order }: { sizePx: number; order: ChannelOrder },
): Tensor {
  const bytes = toBytes(pixels);
  const { count, height, width } = bytes;
  const plane = height * width;
  if (order === "bgr") {
    const red = bytes.data.slice(0, plane);
    bytes.data.copyWithin(0, 2 * plane);
    bytes.data.set(red, 2 * plane);
  }
  const data = normalizeBytes(bytes, fmowStatistics).data as Float32Array<ArrayBuffer>;
  return resized({ data, count, height, width }, sizePx);
}

/**
 * The input of the Sentinel-2 encoder: two standard deviations to either side of the mean as 8 bits, in 0 to
 * 1, then resized. Pixels that are not finite are taken as 0.
 *
 * @param pixels (1, 10, H, W), reflectance x 10000
 */
export function sentinelImage(pixels: Pixels, sizePx: number): Tensor {
  const [, count, height, width] = pixels.shape;
  const from = pixels.data;
  const data = new Float32Array(from.length);
  const { fround } = Math;
  const plane = height * width;
  for (let band = 0; band < count; band++) {
    const [mean, std] = sentinelStatistics[band]!.map(fround) as [number, number];
    const low = fround(mean - 2 * std);
    const range = fround(fround(mean + 2 * std) - low);
    for (let i = band * plane; i < (band + 1) * plane; i++) {
      const x = from[i]!;
      // each step rounds to float32, as it does upstream: truncation shows the difference
      const share = fround(fround((x - x === 0 ? x : 0) - low) / range);
      const byte = Math.trunc(Math.min(255, Math.max(0, fround(share * 255))));
      data[i] = byte / 255;
    }
  }
  return resized({ data, count, height, width }, sizePx);
}
