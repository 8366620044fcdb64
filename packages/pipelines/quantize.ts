/**
 * Embeddings in fewer bytes.
 *
 * @module
 */

import {
  type Dtype,
  type ExportConfig,
  fromHalf,
  type NdArray,
  ndarray,
  toHalf,
} from "@rsembed/core";
import type { Quantization } from "@rsembed/writers";

/** Any array of an export. */
type AnyArray = NdArray<readonly string[], Dtype>;

/** How embeddings are stored, by the name of the option; `null` for what they are. */
export const quantizations: {
  readonly [K in ExportConfig["quantization"]]: Quantization | null;
} = {
  float32: null,
  float16: { dtype: "float16", decode: "v = q" },
  int8: { dtype: "int8", decode: "v = q * scale" },
};

/** An embedding in fewer bytes. */
export interface Quantized {
  readonly array: AnyArray;
  /** Of 8-bit integers: one number a vector, (H, W) of them for a grid. */
  readonly scale: NdArray | null;
  /** The cosine of what comes back with what went in; 1 for zeros. */
  readonly cosine: number;
}

const levels = 127;

function cosineOf(a: Float32Array, b: Float32Array): number {
  let [product, left, right] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    product += a[i]! * b[i]!;
    left += a[i]! ** 2;
    right += b[i]! ** 2;
  }
  return left === 0 && right === 0 ? 1 : product / Math.sqrt(left * right);
}

/**
 * 8-bit integers with one scale for each vector: the largest value of a vector becomes 127 or -127. A vector that is
 * not finite has a scale of NaN.
 *
 * @param array (D,) or (D, H, W)
 */
function toInt8(array: NdArray): Omit<Quantized, "cosine"> {
  const [dims = 0, ...sides] = array.shape;
  const vectors = sides.reduce((n, side) => n * side, 1);
  const scales = new Float32Array(vectors);
  for (let i = 0; i < array.data.length; i++) {
    const at = i % vectors;
    const size = Math.abs(array.data[i]!);
    // once not a number, always
    if (size > scales[at]! || size !== size) scales[at] = size;
  }
  for (let at = 0; at < vectors; at++) {
    const most = scales[at]!;
    scales[at] = Number.isFinite(most) ? most / levels : NaN;
  }
  const q = ndarray("int8", { axes: array.axes, shape: array.shape });
  for (let i = 0; i < dims * vectors; i++) {
    const scale = scales[i % vectors]!;
    if (scale > 0) q.data[i] = Math.round(array.data[i]! / scale);
  }
  const scale = ndarray("float32", { axes: array.axes.slice(1), shape: sides, data: scales });
  return { array: q, scale };
}

/**
 * The values of embeddings that were stored in fewer bytes, one row after another.
 *
 * @param scale What stands beside 8-bit integers; `null` for other types
 */
export function dequantize(array: AnyArray, scale: NdArray | null): NdArray {
  const { axes, shape } = array;
  if (array.dtype === "float16") {
    return ndarray("float32", { axes, shape, data: fromHalf(array.data as Uint16Array) });
  }
  const out = ndarray("float32", { axes, shape });
  const vectors = scale?.data.length ?? 1;
  for (let i = 0; i < out.data.length; i++) {
    out.data[i] = Number(array.data[i]) * (scale ? scale.data[i % vectors]! : 1);
  }
  return out;
}

/** An embedding in the type that was asked for, (D,) or (D, H, W). */
export function quantize(array: NdArray, to: ExportConfig["quantization"]): Quantized {
  if (to === "float32") return { array, scale: null, cosine: 1 };
  const { axes, shape } = array;
  const stored = to === "float16"
    ? { array: ndarray("float16", { axes, shape, data: toHalf(array.data) }), scale: null }
    : toInt8(array);
  const back = dequantize(stored.array, stored.scale);
  return { ...stored, cosine: cosineOf(array.data, back.data) };
}
