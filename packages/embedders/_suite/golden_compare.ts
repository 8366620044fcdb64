/**
 * Elementwise comparison of an array with a reference.
 *
 * @module
 */

import { halfToFloat } from "./half.ts";
import type { GoldenArray, Tolerance } from "./golden_case.ts";

/** How far an array is from its reference. */
export interface Distance {
  readonly maxAbsError: number;
  /** Largest error over the magnitude of the reference, where that is not 0. */
  readonly maxRelError: number;
  /** Largest error over what is allowed there; at most 1 passes. */
  readonly toleranceUsed: number;
}

function valueOf(array: GoldenArray, index: number): number {
  const value = array.data[index]!;
  return array.dtype === "float16" ? halfToFloat(Number(value)) : Number(value);
}

/**
 * The distance of an array from its reference.
 *
 * @throws {RangeError} If their shapes differ
 */
export function distanceOf(
  actual: GoldenArray,
  wanted: GoldenArray,
  { rtol, atol }: Tolerance,
): Distance {
  if (`${actual.shape}` !== `${wanted.shape}`) {
    throw new RangeError(`its shape is (${actual.shape}), the reference has (${wanted.shape})`);
  }
  let [maxAbsError, maxRelError, toleranceUsed] = [0, 0, 0];
  for (let i = 0; i < wanted.data.length; i++) {
    const a = valueOf(actual, i);
    const b = valueOf(wanted, i);
    if (Object.is(a, b) || a === b) continue;
    const error = Math.abs(a - b);
    if (!Number.isFinite(error)) {
      return { maxAbsError: Infinity, maxRelError: Infinity, toleranceUsed: Infinity };
    }
    maxAbsError = Math.max(maxAbsError, error);
    if (b !== 0) maxRelError = Math.max(maxRelError, error / Math.abs(b));
    toleranceUsed = Math.max(toleranceUsed, error / (atol + rtol * Math.abs(b)));
  }
  return { maxAbsError, maxRelError, toleranceUsed };
}
