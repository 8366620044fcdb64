/**
 * From 8-bit RGB to the tensor that CLIP takes.
 *
 * @module
 */

import { type Grid, resizeGrid, roundHalfEven, type Size } from "@rsembed/core";
import type { Tensor } from "../embedder.ts";
import { windowGrid } from "../_prepare/ground.ts";
import { type BytePlanes, resizeBicubicBytes } from "../_prepare/resize_bicubic_u8.ts";
import { type ChannelStatistics, normalizeBytes } from "../_prepare/rgb_bytes.ts";
import type { PixelWindow } from "../_prepare/square.ts";

/** Source: OpenAI CLIP's preprocessing. */
const clipStatistics: ChannelStatistics = {
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
};

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
  return normalizeBytes(resizeBicubicBytes(bytes, centerCrop(bytes, sizePx)), clipStatistics);
}

/** The grid of the image tower's input. */
export function croppedGrid(grid: Grid, sizePx: number): Grid {
  const { size, window } = centerCrop(grid, sizePx);
  return windowGrid(resizeGrid(grid, size), window);
}
