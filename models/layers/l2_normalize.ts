/**
 * Vectors of length 1.
 *
 * @module
 */

import { apply, div, type Float, reduceL2, scalar } from "../onnx/mod.ts";

/**
 * Vectors of the last axis over their length, or over 1e-12 where that is less.
 *
 * Source: torch `functional.normalize`.
 */
export function l2Normalize(x: Float): Float {
  const length = reduceL2(x, { axes: [-1], keepDims: true });
  const { dtype, shape } = length;
  return div(x, apply("Max", { inputs: [length, scalar(1e-12, dtype)], dtype, shape }));
}
