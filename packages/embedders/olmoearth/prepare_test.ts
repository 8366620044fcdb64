import { gridBounds, isRsembedError, northUpGrid, type Planes } from "@rsembed/core";
import assert from "node:assert/strict";
import { test } from "node:test";
import { testPatch } from "../_suite/patches.ts";
import {
  decibels,
  type FramesOptions,
  framesWithImagery,
  normalizedFrames,
  shapeMeta,
  squaredGrid,
} from "./prepare.ts";

const options: FramesOptions = {
  modality: "s1",
  linearPower: false,
  series: false,
  shapeAdjust: "pad",
  sizePx: 2,
};
const [vvMean, vvStd] = [-11.648990747328444, 10.840350299936597];

/** VV, with VH of -17.745436133270044, its mean, everywhere. */
function backscatter(vv: readonly number[], height: number, width: number): Planes {
  const vh = new Array(vv.length).fill(-17.745436133270044);
  return { data: Float32Array.from([...vv, ...vh]), count: 2, height, width };
}

test("normalizedFrames() puts means at a half and two deviations at the ends, and clips nothing", () => {
  const vv = [vvMean, vvMean - 2 * vvStd, vvMean + 2 * vvStd, vvMean + 4 * vvStd];
  const { data } = normalizedFrames(backscatter(vv, 2, 2), options);
  for (const [i, wanted] of [0.5, 0, 1, 1.5, 0.5, 0.5, 0.5, 0.5].entries()) {
    assert(Math.abs(data[i]! - wanted) < 1e-6, `${i}: ${data[i]}`);
  }
});

test("normalizedFrames() takes what is not a number for 0, before it scales a series and after it does an image", () => {
  const planes = backscatter([NaN, Infinity, -Infinity, 0], 2, 2);
  const zero = Math.fround((0 - (vvMean - 2 * vvStd)) / (4 * vvStd));
  assert.deepEqual([...normalizedFrames(planes, options).data.subarray(0, 4)], [0, 1, 0, zero]);
  const series = normalizedFrames(planes, { ...options, series: true });
  assert.deepEqual([...series.data.subarray(0, 4)], [zero, 1, 0, zero]);
});

test("normalizedFrames() turns linear power into decibels", () => {
  assert.deepEqual([1, 100, 0, -3].map(decibels), [0, 20, -100, -100]);
  const [power, level] = [0.05, -25].map((x) => backscatter([x, x, x, x], 2, 2));
  power!.data.fill(10 ** -2.5);
  level!.data.fill(-25);
  const given = normalizedFrames(power!, { ...options, linearPower: true }).data;
  const wanted = normalizedFrames(level!, options).data;
  for (const [i, x] of given.entries()) assert(Math.abs(x - wanted[i]!) < 1e-6);
});

test("normalizedFrames() pads or crops before it resizes", () => {
  const raw = [0, 1, 2, 3, 4, 5, 6, 7].map((x) => vvMean + (4 * x - 2) * vvStd);
  const of = (shapeAdjust: "pad" | "crop", sizePx: number) =>
    [...normalizedFrames(backscatter(raw, 2, 4), { ...options, shapeAdjust, sizePx }).data]
      .slice(0, sizePx ** 2).map((x) => Math.round(x * 1e4) / 1e4 + 0);
  assert.deepEqual(of("crop", 2), [1, 2, 5, 6]);
  // two rows more are as long as the image: its edges are repeated
  assert.deepEqual(of("pad", 4), [0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7]);
});

test("framesWithImagery() leaves out frames that are masked or not numbers, and refuses none at all", () => {
  const bands = ["VV", "VH"];
  const times = new Array(4).fill({ start: "2022-06-01", end: "2022-07-01" });
  const patch = testPatch({ bands, height: 3, width: 2, times });
  patch.pixels.data.fill(NaN, 0, 12);
  patch.pixels.data.fill(NaN, 24, 35);
  patch.valid.data.fill(0, 6, 12);
  assert.deepEqual(framesWithImagery(patch), [2, 3]);
  patch.valid.data.fill(0);
  assert.throws(
    () => framesWithImagery(patch),
    (error) => isRsembedError(error, "no-data") && /none of its 4 frames/.test(error.message),
  );
});

test("squaredGrid() covers the padded or the cropped ground", () => {
  const grid = northUpGrid({
    crs: "EPSG:32632",
    west: 0,
    north: 0,
    pixelSize: 10,
    width: 10,
    height: 7,
  });
  const bounds = (shapeAdjust: "pad" | "crop") => {
    const square = squaredGrid(grid, { shapeAdjust, sizePx: 50 });
    assert.deepEqual([square.width, square.height], [50, 50]);
    return gridBounds(square);
  };
  assert.deepEqual(bounds("pad"), { minX: 0, maxX: 100, minY: -90, maxY: 10 });
  assert.deepEqual(bounds("crop"), { minX: 10, maxX: 80, minY: -70, maxY: 0 });
});

test("shapeMeta() says which part of the input the image fills", () => {
  const size = { height: 30, width: 42 };
  assert.deepEqual(shapeMeta(size, { shapeAdjust: "pad", sizePx: 32 }), {
    orig_hw: [30, 42],
    aspect: 1.4,
    shape_adjust: "pad",
    target_hw: [32, 32],
    applied: "pad_to_square",
    square_hw: [42, 42],
    roi_window: [0.142857, 0.857143, 0, 1],
  });
  const cropped = shapeMeta(size, { shapeAdjust: "crop", sizePx: 32 });
  assert.deepEqual([cropped.applied, cropped.square_hw, cropped.roi_window], [
    "crop_to_square",
    [30, 30],
    [0, 1, 0, 1],
  ]);
  const square = shapeMeta({ height: 5, width: 5 }, { shapeAdjust: "pad", sizePx: 32 });
  assert.deepEqual([square.applied, square.roi_window], ["none", [0, 1, 0, 1]]);
});
