/**
 * Operators that multiply: matrices and convolutions.
 *
 * @module
 */

import { broadcast, type Dim, formatShape, sameDim, staticDim } from "./dim.ts";
import { apply, type Float } from "./value.ts";

/** Matrix product over the last two axes, with the others broadcast: (..., M, K) and (..., K, P). */
export function matMul(a: Float, b: Float): Float {
  const [inner, m, k] = [b.shape.at(-2), a.shape.at(-2), a.shape.at(-1)];
  if (inner === undefined || m === undefined || k === undefined || !sameDim(inner, k)) {
    throw new RangeError(`Cannot multiply ${formatShape(a.shape)} by ${formatShape(b.shape)}`);
  }
  const outer = broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2));
  return apply("MatMul", {
    inputs: [a, b],
    dtype: a.dtype,
    shape: [...outer, m, b.shape.at(-1)!],
  });
}

/** Options of {@linkcode gemm}. */
export interface GemmOptions {
  /** Right matrix, (K, P), or (P, K) if transposed. */
  readonly weight: Float;
  /** Whether the right matrix is stored as (P, K), as torch keeps linear layers. @default false */
  readonly transposed?: boolean;
  /** Added to every row, (P,). */
  readonly bias?: Float | undefined;
}

/** `x @ weight + bias` for a matrix (M, K). */
export function gemm(x: Float, options: GemmOptions): Float {
  const { weight, transposed = false, bias } = options;
  const [inner, columns] = transposed ? [...weight.shape].reverse() : weight.shape;
  const [rows, k] = x.shape;
  if (
    x.shape.length !== 2 || weight.shape.length !== 2 || !sameDim(k!, inner!) ||
    (bias && (bias.shape.length !== 1 || !sameDim(bias.shape[0]!, columns!)))
  ) {
    throw new RangeError(
      `Cannot multiply ${formatShape(x.shape)} by ${formatShape(weight.shape)}` +
        (transposed ? " transposed" : "") + (bias ? ` and add ${formatShape(bias.shape)}` : ""),
    );
  }
  return apply("Gemm", {
    inputs: bias ? [x, weight, bias] : [x, weight],
    attributes: transposed ? { transB: { type: "int", value: 1 } } : {},
    dtype: x.dtype,
    shape: [rows!, columns!],
  });
}

/** Zeros around an image, px: top, left, bottom, right. */
export type Padding = readonly [top: number, left: number, bottom: number, right: number];

/** Sizes of the results of a window that slides over (H, W). */
function slide(
  [height, width]: readonly Dim[],
  window: { kernel: readonly [number, number]; stride: readonly [number, number]; pads: Padding },
): number[] {
  const { kernel, stride, pads: [top, left, bottom, right] } = window;
  const size = (side: Dim | undefined, padding: number, i: 0 | 1) =>
    Math.floor((staticDim(side, "an image's side") + padding - kernel[i]) / stride[i]) + 1;
  const sizes = [size(height, top + bottom, 0), size(width, left + right, 1)];
  if (sizes.some((side) => !(side >= 1))) {
    throw new RangeError(`Cannot slide a window of (${kernel}) over fewer pixels`);
  }
  return sizes;
}

/** Options of {@linkcode conv}. */
export interface ConvOptions {
  /** Kernels, (outputs, inputs, kernel height, kernel width). */
  readonly weight: Float;
  /** Added to every output, (outputs,). */
  readonly bias?: Float | undefined;
  /** Rows and columns from one window to the next. @default [1, 1] */
  readonly stride?: readonly [number, number];
  /** Zeros around the image. @default none */
  readonly padding?: Padding;
}

/** Convolution (as networks call correlation): (N, C, H, W) to (N, outputs, H', W'). */
export function conv(x: Float, options: ConvOptions): Float {
  const { weight, bias, stride = [1, 1], padding = [0, 0, 0, 0] } = options;
  const [images, channels, ...sides] = x.shape;
  const [outputs, inputs, ...sizes] = weight.shape;
  if (
    x.shape.length !== 4 || weight.shape.length !== 4 || !sameDim(channels!, inputs!) ||
    (bias && (bias.shape.length !== 1 || !sameDim(bias.shape[0]!, outputs!)))
  ) {
    throw new RangeError(
      `Cannot convolve ${formatShape(x.shape)} with ${formatShape(weight.shape)}` +
        (bias ? ` and add ${formatShape(bias.shape)}` : ""),
    );
  }
  const kernel = sizes.map((side) => staticDim(side, "a kernel's side")) as [number, number];
  return apply("Conv", {
    inputs: bias ? [x, weight, bias] : [x, weight],
    attributes: {
      kernel_shape: { type: "ints", value: kernel },
      strides: { type: "ints", value: stride },
      pads: { type: "ints", value: padding },
    },
    dtype: x.dtype,
    shape: [images!, outputs!, ...slide(sides, { kernel, stride, pads: padding })],
  });
}

/** Options of {@linkcode maxPool}. */
export interface MaxPoolOptions {
  /** Rows and columns of a window. */
  readonly kernel: readonly [number, number];
  /** Rows and columns from one window to the next. */
  readonly stride: readonly [number, number];
  /** Pixels around the image, less than any other. @default none */
  readonly padding?: Padding;
}

/** The maximum of a window that slides over images: (N, C, H, W) to (N, C, H', W'). */
export function maxPool(x: Float, options: MaxPoolOptions): Float {
  const { kernel, stride, padding = [0, 0, 0, 0] } = options;
  const [images, channels, ...sides] = x.shape;
  if (x.shape.length !== 4) throw new RangeError(`Cannot slide over ${formatShape(x.shape)}`);
  return apply("MaxPool", {
    inputs: [x],
    attributes: {
      kernel_shape: { type: "ints", value: kernel },
      strides: { type: "ints", value: stride },
      pads: { type: "ints", value: padding },
    },
    dtype: x.dtype,
    shape: [images!, channels!, ...slide(sides, { kernel, stride, pads: padding })],
  });
}
