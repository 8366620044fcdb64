import assert from "node:assert/strict";
import { test } from "node:test";
import { percentile } from "./percentile.ts";

test("percentile() lies between its neighbours, as numpy has it", () => {
  const values = Float32Array.of(4, 1, 3, 2);
  assert.equal(percentile(values, 0.5), 2.5);
  assert(Math.abs(percentile(values, 0.99) - 3.97) < 1e-12);
  assert.equal(percentile(values, 0), 1);
  assert.equal(percentile(values, 1), 4);
  assert.deepEqual([...values], [4, 1, 3, 2]);
  assert.equal(percentile(Float32Array.of(7), 0.3), 7);
  assert.throws(() => percentile(new Float32Array(0), 0.5), RangeError);
});
