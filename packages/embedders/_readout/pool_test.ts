import { ndarray } from "@rsembed/core";
import assert from "node:assert/strict";
import { test } from "node:test";
import { gridOf, maxOverCells, vectorOf } from "./pool.ts";

const grid = ndarray("float32", {
  axes: ["a", "b", "c"],
  shape: [2, 1, 3],
  data: Float32Array.of(-3, -1, -2, 4, 6, 5),
});

test("gridOf() and vectorOf() name the axes and share the values", () => {
  const read = gridOf({ grid }, "grid");
  assert.deepEqual(read.axes, ["d", "y", "x"]);
  assert.equal(read.data, grid.data);
  const pooled = ndarray("float32", { axes: ["k"], shape: [4] });
  assert.deepEqual(vectorOf({ pooled }, "pooled").axes, ["d"]);
});

test("gridOf() and vectorOf() refuse an output that is missing or of another kind", () => {
  const wrong = ndarray("int64", { axes: ["d"], shape: [2] });
  assert.throws(() => vectorOf({}, "pooled"), TypeError);
  assert.throws(() => vectorOf({ pooled: grid }, "pooled"), /1 axes/);
  assert.throws(() => vectorOf({ pooled: wrong }, "pooled"), /int64/);
});

test("maxOverCells() takes the most of each dimension, and lets NaN through", () => {
  assert.deepEqual([...maxOverCells(gridOf({ grid }, "grid")).data], [-1, 6]);
  const holes = { ...grid, data: Float32Array.of(1, NaN, 2, 3, 4, 5) };
  assert.deepEqual([...maxOverCells(gridOf({ grid: holes }, "grid")).data], [NaN, 5]);
});
