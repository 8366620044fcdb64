/**
 * From digital numbers to the tensor that CLIP takes, through 8-bit RGB.
 *
 * @module
 */

import {
  type Grid,
  ndarray,
  type Pixels,
  resizeGrid,
  roundHalfEven,
  type Size,
} from "@rsembed/core";
import type { Tensor } from "../embedder.ts";
import { windowGrid } from "../_prepare/ground.ts";
import { type BytePlanes, resizeBicubicBytes } from "../_prepare/resize_bicubic_u8.ts";
import type { PixelWindow } from "../_prepare/square.ts";

/** Mean of each channel, red, green, blue, of pixels in 0 to 1. Source: OpenAI CLIP's preprocessing. */
const channelMean = [0.48145466, 0.4578275, 0.40821073] as const;
/** Standard deviation of each channel. Source: as above. */
const channelStd = [0.26862954, 0.26130258, 0.27577711] as const;

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

/** How an image is brought to a square: resized until the short side fits, then cropped at its centre. */
export function centerCrop(
  { height, width }: Size,
  sizePx: number,
): { readonly size: Size; readonly window: PixelWindow } {
  const long = (side: number, short: number) => Math.trunc((sizePx * side) / short);
  const size = height <= width
    ? { height: sizePx, width: long(width, height) }
    : { height: long(height, width), width: sizePx };
  return {
    size,
    window: {
      x: roundHalfEven((size.width - sizePx) / 2),
      y: roundHalfEven((size.height - sizePx) / 2),
      width: sizePx,
      height: sizePx,
    },
  };
}

/**
 * The image tower's input, (3, S, S), of an 8-bit RGB image.
 *
 * Source: torchvision `Resize(bicubic)`, `CenterCrop`, `ToTensor`, `Normalize` on a Pillow image, as in
 * open_clip's `image_transform`.
 */
export function normalizedImage(bytes: BytePlanes, sizePx: number): Tensor {
  const { data: pixels } = resizeBicubicBytes(bytes, centerCrop(bytes, sizePx));
  const plane = sizePx * sizePx;
  const data = new Float32Array(pixels.length);
  const { fround } = Math;
  for (let channel = 0; channel < channelMean.length; channel++) {
    const mean = fround(channelMean[channel]!);
    const std = fround(channelStd[channel]!);
    const values = Float32Array.from(
      { length: 256 },
      (_, byte) => fround(fround(fround(byte / 255) - mean) / std),
    );
    for (let i = channel * plane; i < (channel + 1) * plane; i++) data[i] = values[pixels[i]!]!;
  }
  return ndarray("float32", { axes: ["band", "y", "x"], shape: [3, sizePx, sizePx], data });
}

/** The grid of the image tower's input. */
export function croppedGrid(grid: Grid, sizePx: number): Grid {
  const { size, window } = centerCrop(grid, sizePx);
  return windowGrid(resizeGrid(grid, size), window);
}
