/**
 * Patch kernels for patches of another size than they were trained for.
 *
 * @module
 */

import { type LazyTensor, mapTensor } from "../checkpoint/weights.ts";
import { multiply, pseudoInverse, transposeMatrix } from "./matrix.ts";
import { bicubicMatrix } from "./resize_matrix.ts";

/**
 * Resamples square patch kernels, (D, C, M, M) to (D, C, P, P), so that a patch resized from M to P pixels
 * gives the tokens that it gave before, as nearly as can be: the pseudo-inverse of antialiased bicubic
 * resizing. Kernels of the size wanted are left as they are.
 *
 * Resizing an image is `K X K^T` with the matrix K of one axis, so the pseudo-inverse of the whole is that of
 * K^T on either side.
 *
 * Source: Beyer et al. 2022, "FlexiViT", arXiv 2212.08013, 3.3.
 *
 * @param sizePx Side P wanted, px
 */
export function resizeKernel(kernel: LazyTensor, sizePx: number): LazyTensor {
  const [outputs = 0, channels = 0, from = 0, across] = kernel.shape;
  if (kernel.shape.length !== 4 || from !== across) {
    throw new RangeError(`Cannot resample kernels of shape (${kernel.shape}): squares are wanted`);
  }
  if (from === sizePx) return kernel;
  const count = outputs * channels;
  return mapTensor(kernel, [outputs, channels, sizePx, sizePx], (data) => {
    const resize = bicubicMatrix({ from, to: sizePx, antialias: true });
    const left = pseudoInverse(transposeMatrix(resize));
    const right = transposeMatrix(left);
    const out = new Float32Array(count * sizePx * sizePx);
    for (let i = 0; i < count; i++) {
      const square = Float64Array.from(data.subarray(i * from * from, (i + 1) * from * from));
      const image = { rows: from, columns: from, data: square };
      out.set(multiply(multiply(left, image), right).data, i * sizePx * sizePx);
    }
    return out;
  });
}
