import { applyAffine, gridBounds, northUpGrid } from "@rsembed/core";
import assert from "node:assert/strict";
import { test } from "node:test";
import { windowGrid } from "./ground.ts";

const grid = northUpGrid({
  crs: "EPSG:32632",
  west: 500000,
  north: 6300000,
  pixelSize: 10,
  width: 8,
  height: 4,
});

test("windowGrid() moves the corner and keeps the lattice", () => {
  const window = windowGrid(grid, { x: 2, y: 1, width: 3, height: 2 });
  assert.deepEqual(gridBounds(window), {
    minX: 500020,
    maxX: 500050,
    minY: 6299970,
    maxY: 6299990,
  });
});

test("windowGrid() continues the lattice beyond the edges, rotated or not", () => {
  const rotated = { ...grid, transform: [8, 6, 100, 6, -8, 200] as const };
  const window = windowGrid(rotated, { x: 0, y: -2, width: 8, height: 8 });
  assert.deepEqual(
    applyAffine(window.transform, [5, 3]),
    applyAffine(rotated.transform, [5, 1]),
  );
});
