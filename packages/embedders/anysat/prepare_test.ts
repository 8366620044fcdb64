import { gridBounds, ndarray, northUpGrid, type Pixels } from "@rsembed/core";
import assert from "node:assert/strict";
import { test } from "node:test";
import { normalizedFrames, repeatFrame, squaredGrid } from "./prepare.ts";

/** Frames whose bands are each all `values`, plus the band's number. */
function series(frames: readonly (readonly number[])[], height: number, width: number): Pixels {
  const data = frames.flatMap((values) =>
    Array.from({ length: 10 }, (_, band) => values.map((value) => value + band)).flat()
  );
  return ndarray("float32", {
    axes: ["t", "band", "y", "x"],
    shape: [frames.length, 10, height, width],
    data: Float32Array.from(data),
  });
}

test("normalizedFrames() scores each band over all its frames", () => {
  // 1, 3 and 5, 7: mean 4, variance 5
  const { data, count } = normalizedFrames(series([[1, 3, 1, 3], [5, 7, 5, 7]], 2, 2), {
    sizePx: 2,
    normalization: "per_tile_zscore",
  });
  assert.equal(count, 20);
  const score = (x: number) => Math.fround((x - 4) / Math.sqrt(5));
  for (let band = 0; band < 10; band++) {
    const [first, second] = [4 * band, 40 + 4 * band];
    assert.deepEqual([...data.slice(first, first + 4)], [1, 3, 1, 3].map(score));
    assert.deepEqual([...data.slice(second, second + 4)], [5, 7, 5, 7].map(score));
  }
});

test("normalizedFrames() makes zeros of a band without contrast", () => {
  const { data } = normalizedFrames(series([[1234]], 1, 1), {
    sizePx: 1,
    normalization: "per_tile_zscore",
  });
  assert(data.every((value) => value === 0));
});

test("normalizedFrames() takes what is not finite as 0, and clips, before it scales", () => {
  const pixels = series([[NaN, Infinity, -Infinity, -50, 20000, 5000, 0, 100, 9]], 3, 3);
  const first = (
    normalization: "unit_scale" | "none",
  ) => [...normalizedFrames(pixels, { sizePx: 3, normalization }).data.slice(0, 9)];
  const clean = [0, 0, 0, 0, 10000, 5000, 0, 100, 9];
  assert.deepEqual(first("none"), clean);
  assert.deepEqual(first("unit_scale"), clean.map((x) => Math.fround(x / 10000)));
});

test("normalizedFrames() squares by reflection before it resizes", () => {
  const wide = series([[1000, 2000, 3000, 4000, 5000, 6000]], 2, 3);
  const { data } = normalizedFrames(wide, { sizePx: 3, normalization: "none" });
  assert.deepEqual(
    [...data.slice(0, 9)],
    [1000, 2000, 3000, 4000, 5000, 6000, 1000, 2000, 3000],
  );
});

test("repeatFrame() gives equal frames", () => {
  const frame = { data: Float32Array.of(1, 2), count: 2, height: 1, width: 1 };
  assert.deepEqual(repeatFrame(frame, 3), {
    data: Float32Array.of(1, 2, 1, 2, 1, 2),
    count: 6,
    height: 1,
    width: 1,
  });
});

test("squaredGrid() covers the ground of the padded square", () => {
  const grid = northUpGrid({
    crs: "EPSG:32632",
    west: 0,
    north: 0,
    pixelSize: 10,
    width: 20,
    height: 14,
  });
  const squared = squaredGrid(grid, 24);
  assert.deepEqual([squared.height, squared.width], [24, 24]);
  assert.deepEqual(gridBounds(squared), { minX: 0, maxX: 200, minY: -170, maxY: 30 });
});
