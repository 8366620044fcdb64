/**
 * From pixels to tokens.
 *
 * @module
 */

import { type LazyTensor, mapTensor } from "../checkpoint/weights.ts";
import { staticDim } from "../onnx/dim.ts";
import { type Float, formatShape, reshape, transpose } from "../onnx/mod.ts";
import { linear } from "./linear.ts";

/**
 * Cuts images into square patches: (N, C, H, W) to (N, h, w, C * P * P), the values of a patch in the order
 * of a convolution's kernel.
 *
 * @param sizePx Side P of a patch, px
 */
export function unfoldPatches(image: Float, sizePx: number): Float {
  const [places, channels, height, width] = image.shape;
  const c = staticDim(channels, "the channels");
  const h = staticDim(height, "an image's height") / sizePx;
  const w = staticDim(width, "an image's width") / sizePx;
  if (image.shape.length !== 4 || !Number.isInteger(h) || !Number.isInteger(w)) {
    throw new RangeError(`Cannot cut ${formatShape(image.shape)} into patches of ${sizePx} px`);
  }
  const cut = reshape(image, [places!, c, h, sizePx, w, sizePx]);
  return reshape(transpose(cut, [0, 2, 4, 1, 3, 5]), [places!, h, w, c * sizePx * sizePx]);
}

/** A tensor as a matrix, its first axis the rows. */
export function asMatrix(tensor: LazyTensor): LazyTensor {
  const [rows = 1, ...rest] = tensor.shape;
  return mapTensor(tensor, [rows, rest.reduce((n, side) => n * side, 1)], (data) => data);
}

/** Weights of a patch embedding, those of a convolution with stride P. */
export interface PatchEmbeddingWeights {
  /** (D, C, P, P). */
  readonly kernel: LazyTensor;
  /** (D,). */
  readonly bias: LazyTensor | null;
}

/**
 * A token for each patch, rows from the top: (N, C, H, W) to (N, h * w, D).
 *
 * Computed as a matrix product over unfolded patches, which the CPU runtime does faster than the convolution
 * that it equals.
 */
export function patchEmbedding(image: Float, { kernel, bias }: PatchEmbeddingWeights): Float {
  const [, , side, across] = kernel.shape;
  if (side === undefined || side !== across) {
    throw new RangeError(`Cannot embed patches with kernels of shape (${kernel.shape})`);
  }
  const patches = unfoldPatches(image, side);
  const [places, h, w, length] = patches.shape;
  const count = staticDim(h, "a height") * staticDim(w, "a width");
  return linear(reshape(patches, [places!, count, length!]), { weight: asMatrix(kernel), bias });
}
