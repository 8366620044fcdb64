/**
 * From MODIS, or what stands in for it, to the images that SatVision takes.
 *
 * Source: rs-embed, `onthefly_satvision_toa.py`; pytorch-caney, `modis_toa_scale.py`.
 *
 * @module
 */

import { ndarray, type Pixels, resizeBilinear } from "@rsembed/core";
import type { Tensor } from "../embedder.ts";

/** Least and greatest brightness temperature of the emissive channels, kelvin, by their place in the image. */
const emissive: ReadonlyMap<number, readonly [leastK: number, greatestK: number]> = new Map([
  [5, [223.1222, 352.7182]],
  [7, [178.9174, 261.2920]],
  [8, [204.3739, 282.5529]],
  [9, [204.7677, 319.0373]],
  [10, [194.8686, 295.0209]],
  [11, [202.1759, 324.0677]],
  [12, [201.3823, 321.5254]],
  [13, [203.3537, 285.9848]],
]);

/** Where the proxy's reflectances go in the image: its channels 1, 2, 3, 26, 6 and 7. */
const reflective = [0, 1, 2, 3, 4, 6] as const;

/** Channels of the image. */
export const channelCount = 14;

/** How top-of-atmosphere values are scaled. */
export type Normalization = "auto" | "raw" | "unit";

/** Values in 0 to 1. */
function clip(x: number): number {
  return x > 1 ? 1 : x > 0 ? x : 0; // also where it is not a number
}

/** Whether values lie where scaled ones do. */
function looksScaled(data: Float32Array): boolean {
  return data.every((x) => x - x !== 0 || (x >= -0.1 && x <= 1.5));
}

/**
 * Top-of-atmosphere values in 0 to 1, (14, H, W); what is not finite counts as 0 before it is scaled.
 *
 * @param data Reflectance and kelvin, channels one after another
 */
export function scaledToa(
  data: Float32Array,
  { normalization, divisor }: { normalization: Normalization; divisor: number },
): Float32Array<ArrayBuffer> {
  const plane = data.length / channelCount;
  const isUnit = normalization === "unit" || (normalization === "auto" && looksScaled(data));
  return Float32Array.from(data).map((value, i) => {
    const x = value - value === 0 ? value : 0;
    if (isUnit) return clip(x);
    const range = emissive.get(Math.floor(i / plane));
    return clip(range ? (x - range[0]) / (range[1] - range[0]) : x / divisor);
  });
}

/**
 * The proxy as an image in 0 to 1, (14, H, W): surface reflectance for the reflective channels, and the surface
 * temperature, scaled by each emissive channel's range, for those.
 *
 * @param data Six reflectances x 10000 and one temperature, kelvin or, as in the files, kelvin x 50
 */
export function assembleProxy(data: Float32Array): Float32Array<ArrayBuffer> {
  const plane = data.length / 7;
  const surface = data.subarray(6 * plane);
  const factor = surface.some((x) => x - x === 0 && Math.abs(x) > 1000) ? 0.02 : 1;
  const out = new Float32Array(channelCount * plane);
  reflective.forEach((channel, band) => {
    for (let i = 0; i < plane; i++) {
      out[channel * plane + i] = clip(data[band * plane + i]! / 10000);
    }
  });
  for (const [channel, [least, greatest]] of emissive) {
    for (let i = 0; i < plane; i++) {
      out[channel * plane + i] = clip((surface[i]! * factor - least) / (greatest - least));
    }
  }
  return out;
}

/** The input of the encoder, (14, S, S); a rectangle is stretched. */
export function stretchedImage(
  data: Float32Array<ArrayBuffer>,
  { pixels, sizePx }: { pixels: Pixels; sizePx: number },
): Tensor {
  const [, , height, width] = pixels.shape;
  const count = data.length / (height * width);
  const planes = { data, count, height, width };
  return ndarray("float32", {
    axes: ["band", "y", "x"],
    shape: [count, sizePx, sizePx],
    data: resizeBilinear(planes, { height: sizePx, width: sizePx }).data.slice(),
  });
}
