import { gridBounds, ndarray, northUpGrid, type Pixels } from "@rsembed/core";
import assert from "node:assert/strict";
import { test } from "node:test";
import { galileoBands, normalizedFrames, squaredGrid } from "./prepare.ts";

/** One frame whose bands are all `values`. */
function frame(values: readonly number[], height: number, width: number): Pixels {
  const data = Float32Array.from(
    { length: 10 * values.length },
    (_, i) => values[i % values.length]!,
  );
  return ndarray("float32", { axes: ["t", "band", "y", "x"], shape: [1, 10, height, width], data });
}

function firstBand(pixels: Pixels, sizePx: number): number[] {
  const { data } = normalizedFrames(pixels, { sizePx, normalization: "none" });
  return [...(data as Float32Array).subarray(0, sizePx * sizePx)];
}

test("normalizedFrames() clips, and takes what is not finite as 0", () => {
  assert.deepEqual(firstBand(frame([NaN, -1, 20000, Infinity], 2, 2), 2), [0, 0, 10000, 0]);
});

test("normalizedFrames() leaves an image of the right size as it is, and squares others first", () => {
  assert.deepEqual(firstBand(frame([1, 2, 3, 4], 2, 2), 2), [1, 2, 3, 4]);
  // one row more, south of the image, reflected about the edge
  assert.deepEqual(firstBand(frame([1, 2, 3, 4, 5, 6], 2, 3), 3), [1, 2, 3, 4, 5, 6, 1, 2, 3]);
});

test("normalizedFrames() of a constant band is a constant, in every normalisation", () => {
  const flat = frame(new Array(12).fill(3000), 3, 4);
  const wanted = { none: 3000, unit_scale: 0.3, per_tile_minmax: 0 } as const;
  for (const [normalization, value] of Object.entries(wanted)) {
    const { data } = normalizedFrames(flat, { sizePx: 5, normalization: normalization as "none" });
    assert((data as Float32Array).every((x) => x === Math.fround(value)), normalization);
  }
});

test("normalizedFrames() by pretraining statistics puts a band's mean at a half", () => {
  const mean = frame([1395.3408730676722], 1, 1);
  const { data, shape } = normalizedFrames(mean, { sizePx: 1, normalization: "pretraining" });
  assert.deepEqual(shape, [1, galileoBands.length, 1, 1]);
  assert(Math.abs(Number(data[0]) - 0.5) < 1e-6);
});

test("squaredGrid() covers the padded ground", () => {
  const grid = northUpGrid({
    crs: "EPSG:32632",
    west: 0,
    north: 0,
    pixelSize: 10,
    width: 10,
    height: 7,
  });
  const square = squaredGrid(grid, 50);
  assert.deepEqual([square.width, square.height], [50, 50]);
  assert.deepEqual(gridBounds(square), { minX: 0, maxX: 100, minY: -90, maxY: 10 });
});
