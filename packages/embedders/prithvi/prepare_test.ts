import { gridBounds, ndarray, northUpGrid, type Pixels } from "@rsembed/core";
import assert from "node:assert/strict";
import { test } from "node:test";
import { fittedGrid, fittedSeries, inputSize, keptFrames, wholePatches } from "./prepare.ts";

/** Frames whose bands are all `values`. */
function series(frames: readonly (readonly number[])[], height: number, width: number): Pixels {
  const data = frames.flatMap((values) => new Array(6).fill(values).flat());
  return ndarray("float32", {
    axes: ["t", "band", "y", "x"],
    shape: [frames.length, 6, height, width],
    data: Float32Array.from(data),
  });
}

const grid = northUpGrid({
  crs: "EPSG:32632",
  west: 0,
  north: 0,
  pixelSize: 30,
  width: 20,
  height: 14,
});

function firstBand(pixels: Pixels, fit: Parameters<typeof fittedSeries>[1]["fit"]): number[] {
  const { planes } = fittedSeries(pixels, { normalization: "unit_scale", fit });
  return [...planes.data.subarray(0, planes.height * planes.width)];
}

test("fittedSeries() clips reflectance to 0 to 1, infinities too, and takes NaN as 0", () => {
  const values = [NaN, Infinity, -Infinity, -50, 12345, 2500, 0, 10000, 5000];
  const fit = { prep: "resize", sizePx: 3 } as const;
  assert.deepEqual(firstBand(series([values], 3, 3), fit), [0, 1, 0, 0, 1, 0.25, 0, 1, 0.5]);
});

test("fittedSeries() by pretraining statistics normalises each band by its own", () => {
  const means = [1087, 1342, 1433, 2734, 1958, 1363];
  const stds = [2248, 2179, 2178, 1850, 1242, 1049];
  const pixels = ndarray("float32", {
    axes: ["t", "band", "y", "x"],
    shape: [1, 6, 2, 2],
    data: Float32Array.from(
      means.flatMap((mean, i) => [mean, mean + stds[i]!, NaN, mean - stds[i]!]),
    ),
  });
  const { planes } = fittedSeries(pixels, {
    normalization: "pretraining",
    fit: { prep: "resize", sizePx: 2 },
  });
  const wanted = Float32Array.from(means.flatMap(() => [0, 1, 0.0001, -1]));
  assert.deepEqual(planes.data, wanted);
});

test("fittedSeries() squares by reflection before it resizes", () => {
  const wide = series([[1000, 2000, 3000, 4000, 5000, 6000]], 2, 3);
  assert.deepEqual(
    firstBand(wide, { prep: "resize", sizePx: 3 }),
    [...Float32Array.of(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.1, 0.2, 0.3)],
  );
});

test("fittedSeries() pads with zeros to the south and east", () => {
  const values = [1000, 2000, 3000, 4000, 5000, 6000];
  assert.deepEqual(
    firstBand(series([values], 2, 3), { prep: "pad", multiplePx: 2 }),
    [...Float32Array.of(0.1, 0.2, 0.3, 0, 0.4, 0.5, 0.6, 0)],
  );
});

test("fittedSeries() drops frames that are the same once scaled", () => {
  const pixels = series([[NaN, 11000], [0, 12000], [0, 1], [0, 10000]], 1, 2);
  const { planes, kept } = fittedSeries(pixels, {
    normalization: "unit_scale",
    fit: { prep: "pad", multiplePx: 1 },
  });
  assert.deepEqual(kept, [0, 2]);
  assert.deepEqual(keptFrames(pixels, "unit_scale"), kept);
  assert.equal(planes.count, 12);
  assert.deepEqual([...planes.data.subarray(12, 14)], [...Float32Array.of(0, 0.0001)]);
});

test("wholePatches() cuts off rows and columns that fill no patch", () => {
  const planes = {
    data: Float32Array.from({ length: 15 }, (_, i) => i),
    count: 1,
    height: 3,
    width: 5,
  };
  assert.deepEqual(wholePatches(planes, 2), {
    data: Float32Array.of(0, 1, 2, 3, 5, 6, 7, 8),
    count: 1,
    height: 2,
    width: 4,
  });
  assert.equal(wholePatches(planes, 1), planes);
});

test("fittedGrid() covers the ground of the input: padded all around, or kept in place", () => {
  const resized = fittedGrid(grid, { prep: "resize", sizePx: 100 }, 10);
  assert.deepEqual([resized.height, resized.width], [100, 100]);
  assert.deepEqual(gridBounds(resized), { minX: 0, maxX: 600, minY: -510, maxY: 90 });
  const pad = { prep: "pad", multiplePx: 8 } as const;
  const padded = fittedGrid(grid, pad, 5);
  assert.deepEqual(inputSize(grid, pad, 5), { height: 15, width: 20 });
  assert.deepEqual([padded.height, padded.width], [15, 20]);
  assert.deepEqual(gridBounds(padded), { minX: 0, maxX: 600, minY: -450, maxY: 0 });
});
