import assert from "node:assert/strict";
import { test } from "node:test";
import { mapBands, standardized } from "./map_bands.ts";

test("mapBands() changes each plane in its own way, and nothing of the given ones", () => {
  const planes = { data: Float32Array.of(1, 2, 3, 4), count: 2, height: 1, width: 2 };
  const { data } = mapBands(planes, (plane) => (x) => x * 10 ** plane);
  assert.deepEqual([...data], [1, 2, 30, 40]);
  assert.deepEqual([...planes.data], [1, 2, 3, 4]);
});

test("standardized() takes the mean to 0 and a deviation above it to 1", () => {
  const change = standardized([5, 2]);
  assert.deepEqual([change(5), change(7), change(1)], [0, 1, -2]);
});
