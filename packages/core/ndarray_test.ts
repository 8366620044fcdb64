import assert from "node:assert/strict";
import test from "node:test";
import { allocate, bytesOf, bytesPerElement, type Dtype, ndarray, sizeOf } from "./mod.ts";

test("allocate() makes zeroed buffers of every dtype's size", () => {
  for (const [dtype, bytes] of Object.entries(bytesPerElement) as [Dtype, number][]) {
    const data = allocate(dtype, 3);
    assert.equal(data.byteLength, 3 * bytes, dtype);
    assert.equal(Number(data[2]), 0);
  }
});

test("ndarray() uses the buffer it is given", () => {
  const data = Float32Array.of(1, 2, 3, 4, 5, 6);
  const array = ndarray("float32", { axes: ["y", "x"], shape: [2, 3], data });
  assert.equal(array.data, data);
  assert.deepEqual([array.dtype, array.axes, array.shape], ["float32", ["y", "x"], [2, 3]]);
});

test("ndarray() refuses sides that do not agree with axes or values", () => {
  const data = new Float32Array(6);
  const shaped = (shape: readonly number[]) => () =>
    ndarray("float32", { axes: ["y", "x"], shape: shape as [number, number], data });
  for (const shape of [[2], [2, 3, 1], [2, 2], [-2, -3], [1.5, 4], [NaN, 6]]) {
    assert.throws(shaped(shape), RangeError, `${shape}`);
  }
  assert.equal(ndarray("float32", { axes: ["d"], shape: [0] }).data.length, 0);
  assert.equal(sizeOf([]), 1);
});

test("bytesOf() looks at the values alone, without a copy", () => {
  const buffer = Float32Array.of(9, 1, 2, 9);
  const array = ndarray("float32", { axes: ["d"], shape: [2], data: buffer.subarray(1, 3) });
  const bytes = bytesOf(array);
  assert.deepEqual([bytes.length, bytes.byteOffset], [8, 4]);
  bytes.fill(0);
  assert.deepEqual([...buffer], [9, 0, 0, 9]);
});
