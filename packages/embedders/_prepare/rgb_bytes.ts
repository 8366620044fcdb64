/**
 * Imagery as 8-bit RGB, and 8-bit RGB as models take it.
 *
 * @module
 */

import { ndarray, type Pixels } from "@rsembed/core";
import type { Tensor } from "../embedder.ts";
import { type BytePlanes, resizeBicubicBytes } from "./resize_bicubic_u8.ts";

/** Digital number of full reflectance. */
const fullScale = 10000;

/**
 * Digital numbers of one date as 8-bit RGB: reflectance 0 to 1 times 255, truncated. Pixels that are not
 * finite become 0.
 *
 * @param pixels (1, 3, H, W), reflectance x 10000
 */
export function toBytes(pixels: Pixels): BytePlanes {
  const [, count, height, width] = pixels.shape;
  const from = pixels.data;
  const data = new Uint8Array(from.length);
  const { fround } = Math;
  for (let i = 0; i < from.length; i++) {
    const x = from[i]!;
    if (x - x !== 0) continue;
    // each step rounds to float32, as it does upstream: truncation shows the difference
    const reflectance = fround(x / fullScale);
    data[i] = fround(255 * (reflectance < 0 ? 0 : reflectance > 1 ? 1 : reflectance));
  }
  return { data, count, height, width };
}

/** Mean and standard deviation of each channel, of pixels in 0 to 1. */
export interface ChannelStatistics {
  /** Red, green, blue. */
  readonly mean: readonly number[];
  /** Red, green, blue. */
  readonly std: readonly number[];
}

/** Statistics of ImageNet, which most networks on RGB are fed with. Source: torchvision's documentation. */
export const imagenetStatistics: ChannelStatistics = {
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};

/**
 * 8-bit images in 0 to 1, less the mean, over the deviation: (C, H, W).
 *
 * Source: torchvision `ToTensor` and `Normalize`.
 */
export function normalizeBytes(
  { data: pixels, count, height, width }: BytePlanes,
  statistics: ChannelStatistics,
): Tensor {
  const plane = height * width;
  const data = new Float32Array(pixels.length);
  const { fround } = Math;
  for (let channel = 0; channel < count; channel++) {
    const mean = fround(statistics.mean[channel]!);
    const std = fround(statistics.std[channel]!);
    const values = Float32Array.from(
      { length: 256 },
      (_, byte) => fround(fround(fround(byte / 255) - mean) / std),
    );
    for (let i = channel * plane; i < (channel + 1) * plane; i++) data[i] = values[pixels[i]!]!;
  }
  return ndarray("float32", { axes: ["band", "y", "x"], shape: [count, height, width], data });
}

/**
 * Digital numbers of one date as a square image of 8-bit RGB, normalised, (3, S, S); a rectangle is stretched.
 *
 * @param pixels (1, 3, H, W), reflectance x 10000
 */
export function stretchedRgb(
  pixels: Pixels,
  { sizePx, statistics }: { sizePx: number; statistics: ChannelStatistics },
): Tensor {
  const size = { height: sizePx, width: sizePx };
  const bytes = resizeBicubicBytes(toBytes(pixels), { size, window: { x: 0, y: 0, ...size } });
  return normalizeBytes(bytes, statistics);
}
