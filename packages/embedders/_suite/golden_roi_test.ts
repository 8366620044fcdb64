import { ndarray } from "@rsembed/core";
import assert from "node:assert/strict";
import { test } from "node:test";
import { cropToRoi, poolCells, roiOf } from "./golden_roi.ts";

const grid = ndarray("float32", {
  axes: ["d", "y", "x"],
  shape: [2, 2, 3],
  data: Float32Array.from({ length: 12 }, (_, i) => i),
});

test("cropToRoi() keeps every cell that the window touches", () => {
  const cropped = cropToRoi(grid, [0.6, 1, 0, 0.4]);
  assert.deepEqual(cropped.shape, [2, 1, 2]);
  assert.deepEqual([...cropped.data], [3, 4, 9, 10]);
  assert.deepEqual(cropToRoi(grid, [0, 1, 0, 1]), grid);
  assert.deepEqual([...cropToRoi(grid, [1, 1, 1, 1]).data], [5, 11]);
});

test("poolCells() pools over all cells", () => {
  assert.deepEqual([...poolCells(grid, "mean").data], [2.5, 8.5]);
  assert.deepEqual([...poolCells(grid, "max").data], [5, 11]);
});

test("roiOf() reads a window and nothing else", () => {
  assert.deepEqual(roiOf([0, 1, 0.25, 1]), [0, 1, 0.25, 1]);
  for (const value of [null, [0, 1], ["0", 1, 0, 1], { x: 1 }]) assert.equal(roiOf(value), null);
});
