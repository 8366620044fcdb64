import { ndarray } from "@rsembed/core";
import assert from "node:assert/strict";
import { test } from "node:test";
import { distanceOf } from "./golden_compare.ts";

function floats(...values: number[]) {
  return ndarray("float32", {
    axes: ["d"],
    shape: [values.length],
    data: Float32Array.from(values),
  });
}

test("distanceOf() gives the largest errors and the share of the tolerance", () => {
  const distance = distanceOf(floats(1, 2.5, -4), floats(1, 2, -4), { rtol: 0.25, atol: 0.5 });
  assert.deepEqual(distance, { maxAbsError: 0.5, maxRelError: 0.25, toleranceUsed: 0.5 });
});

test("distanceOf() takes equal values as equal, finite or not, and nothing else", () => {
  const exact = { rtol: 0, atol: 0 };
  assert.equal(
    distanceOf(floats(NaN, Infinity, -0), floats(NaN, Infinity, 0), exact).toleranceUsed,
    0,
  );
  for (const [a, b] of [[NaN, 1], [1, NaN], [Infinity, 1], [1, Infinity], [1, -Infinity]]) {
    assert.equal(distanceOf(floats(a!), floats(b!), { rtol: 1, atol: 1 }).toleranceUsed, Infinity);
  }
  assert.equal(distanceOf(floats(1), floats(1.5), exact).toleranceUsed, Infinity);
});

test("distanceOf() reads half precision and whole numbers", () => {
  const data = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff, 0x3555);
  const half = ndarray("float16", { axes: ["d"], shape: [5], data });
  const wanted = floats(1, -2, 2 ** -24, 65504, 0.333251953125);
  assert.equal(distanceOf(half, wanted, { rtol: 0, atol: 0 }).toleranceUsed, 0);
  const whole = ndarray("int64", { axes: ["d"], shape: [2], data: BigInt64Array.of(5n, -7n) });
  assert.equal(distanceOf(whole, floats(5, -7), { rtol: 0, atol: 0 }).toleranceUsed, 0);
});

test("distanceOf() refuses other shapes", () => {
  assert.throws(() => distanceOf(floats(1), floats(1, 2), { rtol: 0, atol: 0 }), RangeError);
});
