/**
 * From digital numbers of Sentinel-2, or power of Sentinel-1, to the images that TerraFM takes.
 *
 * Source: rs-embed, `onthefly_terrafm.py`.
 *
 * @module
 */

import { ndarray, type Pixels, resizeBilinear } from "@rsembed/core";
import { logPower } from "../_prepare/log_power.ts";
import type { Tensor } from "../embedder.ts";

/** Digital number of full reflectance. */
const fullScale = 10000;

/** Reflectance in 0 to 1; what is not finite becomes 0. */
function reflectance(from: Float32Array): Float32Array<ArrayBuffer> {
  const data = new Float32Array(from.length);
  for (let i = 0; i < from.length; i++) {
    const x = from[i]! / fullScale;
    data[i] = x > 1 ? 1 : x > 0 ? x : 0; // also where it is not a number
  }
  return data;
}

/**
 * The input of the encoder, (C, S, S): scaled, then stretched.
 *
 * @param pixels (1, 12 or 2, H, W), reflectance x 10000 or linear power
 * @param name Of the model, for messages
 * @throws {RsembedError} `spec` for backscatter in decibels
 */
export function terrafmImage(
  pixels: Pixels,
  { sizePx, modality, name }: { sizePx: number; modality: string; name: string },
): Tensor {
  const [, count, height, width] = pixels.shape;
  const scaled = modality === "s1" ? logPower(pixels.data, name) : reflectance(pixels.data);
  const planes = { data: scaled, count, height, width };
  const { data } = resizeBilinear(planes, { height: sizePx, width: sizePx });
  return ndarray("float32", { axes: ["band", "y", "x"], shape: [count, sizePx, sizePx], data });
}
