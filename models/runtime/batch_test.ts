import assert from "node:assert/strict";
import test from "node:test";
import { ndarray } from "@rsembed/core";
import { stackTensors, unstackTensors } from "./batch.ts";

const place = (value: number) => ({
  x: ndarray("float32", { axes: ["y", "x"], shape: [1, 2], data: Float32Array.of(value, -value) }),
  months: ndarray("int64", { axes: ["t"], shape: [1], data: BigInt64Array.of(BigInt(value)) }),
});

test("unstackTensors() undoes stackTensors()", () => {
  const places = [place(1), place(2), place(3)];
  const batch = stackTensors(places);
  assert.deepEqual([batch["x"]!.axes, batch["x"]!.shape], [["n", "y", "x"], [3, 1, 2]]);
  assert.deepEqual(unstackTensors(batch, 3), places);
});

test("stackTensors() refuses places that differ", () => {
  const wide = { ...place(1), x: ndarray("float32", { axes: ["y", "x"], shape: [1, 3] }) };
  assert.throws(() => stackTensors([]), RangeError);
  assert.throws(() => stackTensors([place(1), wide]), /place 1/);
  assert.throws(() => stackTensors([place(1), { x: place(1).x }]), RangeError);
  assert.throws(() => unstackTensors(stackTensors([place(1)]), 2), RangeError);
});
