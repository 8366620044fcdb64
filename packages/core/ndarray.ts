/**
 * Arrays with named axes: one typed buffer in C order, its dtype and its shape.
 *
 * @module
 */

/** The typed array that holds each dtype. `float16` is kept as raw bits, `bool` as 0 and 1. */
export interface Arrays {
  /** Single precision. */
  float32: Float32Array<ArrayBuffer>;
  /** Double precision. */
  float64: Float64Array<ArrayBuffer>;
  /** Half precision, as raw bits. */
  float16: Uint16Array<ArrayBuffer>;
  /** Signed, 1 byte. */
  int8: Int8Array<ArrayBuffer>;
  /** Signed, 2 bytes. */
  int16: Int16Array<ArrayBuffer>;
  /** Signed, 4 bytes. */
  int32: Int32Array<ArrayBuffer>;
  /** Signed, 8 bytes. */
  int64: BigInt64Array<ArrayBuffer>;
  /** Unsigned, 1 byte. */
  uint8: Uint8Array<ArrayBuffer>;
  /** Unsigned, 2 bytes. */
  uint16: Uint16Array<ArrayBuffer>;
  /** Unsigned, 4 bytes. */
  uint32: Uint32Array<ArrayBuffer>;
  /** Unsigned, 8 bytes. */
  uint64: BigUint64Array<ArrayBuffer>;
  /** 0 or 1, one byte each. */
  bool: Uint8Array<ArrayBuffer>;
}

/** Names of element types, as numpy and ONNX write them. */
export type Dtype = keyof Arrays;

const constructors: { readonly [D in Dtype]: new (length: number) => Arrays[D] } = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
};

/** Bytes of one element of each dtype. */
export const bytesPerElement: { readonly [D in Dtype]: number } = {
  float32: 4,
  float64: 8,
  float16: 2,
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  uint8: 1,
  uint16: 2,
  uint32: 4,
  uint64: 8,
  bool: 1,
};

/** An array with named axes, in C order. */
export interface NdArray<
  A extends readonly string[] = readonly string[],
  D extends Dtype = "float32",
> {
  /** Type of the elements. */
  readonly dtype: D;
  /** Names of the axes, outermost first. */
  readonly axes: A;
  /** Lengths of the axes. */
  readonly shape: { readonly [K in keyof A]: number };
  /** The elements, the last axis running fastest. */
  readonly data: Arrays[D];
}

/** Pixels of a patch, (T, C, H, W), float32, in the provider's units. */
export type Pixels = NdArray<readonly ["t", "band", "y", "x"]>;
/** Where a patch has imagery, (T, H, W): 1 valid, 0 not. */
export type ValidMask = NdArray<readonly ["t", "y", "x"], "uint8">;
/** A pooled embedding, (D,). */
export type Vector = NdArray<readonly ["d"]>;
/** A grid of embeddings, (D, H, W), rows from north unless its meta says otherwise. */
export type TokenGrid = NdArray<readonly ["d", "y", "x"]>;

/** Options of {@linkcode ndarray}. */
export interface NdArrayOptions<A extends readonly string[], D extends Dtype> {
  /** Names of the axes, outermost first. */
  readonly axes: A;
  /** Lengths of the axes. */
  readonly shape: { readonly [K in keyof A]: number };
  /** The values in C order. @default zeros */
  readonly data?: Arrays[D];
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((n, side) => n * side, 1);
}

/** A zeroed buffer for `length` elements of a dtype. */
export function allocate<D extends Dtype>(dtype: D, length: number): Arrays[D] {
  return new constructors[dtype](length);
}

/**
 * Makes an array with named axes; the buffer is used, not copied.
 *
 * @throws {RangeError} If the number of values, axes and sides do not agree
 *
 * @example
 * ```ts
 * import { ndarray } from "@rsembed/core";
 * import assert from "node:assert/strict";
 *
 * const grid = ndarray("float32", { axes: ["d", "y", "x"], shape: [3, 2, 2] });
 * assert.equal(grid.data.length, 12);
 * ```
 */
export function ndarray<const A extends readonly string[], D extends Dtype>(
  dtype: D,
  options: NdArrayOptions<A, D>,
): NdArray<A, D> {
  const shape = options.shape as readonly number[];
  if (shape.length !== options.axes.length) {
    throw new RangeError(`Cannot name ${shape.length} sides with ${options.axes.length} axes`);
  }
  for (const side of shape) {
    if (!Number.isSafeInteger(side) || side < 0) {
      throw new RangeError(
        `Cannot make an array of shape (${shape}): sides are whole numbers >= 0`,
      );
    }
  }
  const data = options.data ?? allocate(dtype, sizeOf(shape));
  if (data.length !== sizeOf(shape)) {
    throw new RangeError(`Cannot give ${data.length} values the shape (${shape})`);
  }
  return { dtype, axes: options.axes, shape: options.shape, data };
}

/** The bytes of an array, without a copy. */
export function bytesOf(array: { readonly data: Arrays[Dtype] }): Uint8Array<ArrayBuffer> {
  return new Uint8Array(array.data.buffer, array.data.byteOffset, array.data.byteLength);
}
