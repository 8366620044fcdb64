import assert from "node:assert/strict";
import { test } from "node:test";
import { cosineSimilarity, ndarray, unitVector, type Vector } from "./mod.ts";

function vector(...values: number[]): Vector {
  const data = Float32Array.from(values);
  return ndarray("float32", { axes: ["d"], shape: [values.length], data });
}

test("unitVector() has length 1 and leaves zeros", () => {
  const { data, shape } = unitVector(vector(3, -4));
  assert.deepEqual(shape, [2]);
  assert.deepEqual([...data], [...Float32Array.of(0.6, -0.8)]);
  assert.deepEqual([...unitVector(vector(0, 0)).data], [0, 0]);
});

test("cosineSimilarity() does not depend on lengths, and stays within -1 and 1", () => {
  assert(Math.abs(cosineSimilarity(vector(1, 1), vector(-5, -5)) + 1) < 1e-12);
  const a = vector(0.1, 0.7, 0.3);
  assert(cosineSimilarity(a, a) <= 1);
  assert.equal(cosineSimilarity(a, vector(0, 0, 0)), 0);
  assert.throws(() => cosineSimilarity(a, vector(1)), RangeError);
});
