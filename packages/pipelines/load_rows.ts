/**
 * Rows of an export, gathered.
 *
 * @module
 */

import { type NdArray, ndarray, RsembedError, sizeOf } from "@rsembed/core";
import type { AnyArray } from "@rsembed/writers";
import type { LoadedRow } from "./load.ts";
import { dequantize } from "./quantize.ts";

type Float32NdArray = NdArray<readonly string[], "float32">;

/**
 * A value as float32, whatever it is stored as.
 *
 * @param scale What stands beside 8-bit integers
 */
export function asFloat32(array: AnyArray, scale: AnyArray | null = null): Float32NdArray {
  if (array.dtype === "float32" && scale === null) return array as Float32NdArray;
  return dequantize(array, scale as NdArray | null);
}

/** Row `row` of an array with a leading place axis, without a copy. */
export function rowOf(array: AnyArray, row: number): AnyArray {
  const shape = array.shape.slice(1);
  const size = sizeOf(shape);
  const data = array.data.subarray(row * size, (row + 1) * size);
  return { ...array, axes: array.axes.slice(1), shape, data } as AnyArray;
}

/**
 * Rows of equal shape as one array (N, ...), NaN where a place has none.
 *
 * @returns `null` if there are no rows, or their shapes differ
 * @throws {RsembedError} `corrupt` if a row lies outside of the export or comes twice
 */
export async function gather(
  rows: AsyncIterable<LoadedRow>,
  itemCount: number,
): Promise<NdArray | null> {
  let out: Float32NdArray | null = null;
  const seen = new Set<number>();
  for await (const { index, array } of rows) {
    if (index < 0 || index >= itemCount || seen.has(index)) {
      throw new RsembedError(
        "corrupt",
        `Cannot read the export: it has ${
          seen.has(index) ? "two values" : "a value"
        } for place ${index} ` +
          `of ${itemCount}`,
        { facts: { source: "manifest" } },
      );
    }
    seen.add(index);
    const size = array.data.length;
    if (out === null) {
      const data = new Float32Array(itemCount * size).fill(NaN);
      out = ndarray("float32", {
        axes: ["place", ...array.axes],
        shape: [itemCount, ...array.shape],
        data,
      });
    }
    const shape = out.shape.slice(1);
    if (shape.length !== array.shape.length || shape.some((side, i) => side !== array.shape[i])) {
      return null;
    }
    out.data.set(array.data, index * size);
  }
  return out;
}

/** The shape (N, ...) of rows that {@linkcode gather} would give; `null` if there are none, or their shapes differ. */
export async function gatheredShape(
  rows: AsyncIterable<readonly number[]>,
  itemCount: number,
): Promise<readonly number[] | null> {
  let shape: readonly number[] | null = null;
  for await (const row of rows) {
    shape ??= [itemCount, ...row];
    if (`${shape.slice(1)}` !== `${row}`) return null;
  }
  return shape;
}
