/**
 * Comparing embeddings.
 *
 * @module
 */

import type { Vector } from "./ndarray.ts";

function product(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** A vector of length 1 in the same direction; zeros stay zeros. */
export function unitVector({ data, ...rest }: Vector): Vector {
  const length = Math.max(1e-12, Math.sqrt(product(data, data)));
  return { ...rest, data: data.map((value) => value / length) };
}

/**
 * The cosine of two vectors, -1 to 1: how alike two embeddings of one space are. It is 0 where one is all zeros.
 *
 * @throws {RangeError} If they differ in length
 *
 * @example
 * ```ts
 * import { cosineSimilarity, ndarray } from "@rsembed/core";
 * import assert from "node:assert/strict";
 *
 * const vector = (...values: number[]) =>
 *   ndarray("float32", { axes: ["d"], shape: [2], data: Float32Array.from(values) });
 * assert.equal(cosineSimilarity(vector(1, 0), vector(0, 2)), 0);
 * assert.equal(cosineSimilarity(vector(3, 4), vector(-6, -8)), -1);
 * ```
 */
export function cosineSimilarity(a: Vector, b: Vector): number {
  if (a.data.length !== b.data.length) {
    throw new RangeError(`Cannot compare vectors of ${a.data.length} and ${b.data.length} values`);
  }
  const lengths = Math.sqrt(product(a.data, a.data)) * Math.sqrt(product(b.data, b.data));
  if (lengths === 0) return 0;
  return Math.max(-1, Math.min(1, product(a.data, b.data) / lengths));
}
