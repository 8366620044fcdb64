import { ndarray } from "@rsembed/core";
import assert from "node:assert/strict";
import { test } from "node:test";
import { imagenetStatistics, normalizeBytes, stretchedRgb, toBytes } from "./rgb_bytes.ts";

test("toBytes() truncates, clips, and takes what is not finite as 0", () => {
  const values = [0, 39, 40, 9999, 10000, 12000, -5, NaN, Infinity];
  const pixels = ndarray("float32", {
    axes: ["t", "band", "y", "x"],
    shape: [1, 3, 1, 3],
    data: Float32Array.from(values),
  });
  assert.deepEqual([...toBytes(pixels).data], [0, 0, 1, 254, 255, 255, 0, 0, 0]);
});

test("normalizeBytes() scales each channel by its own statistics", () => {
  const planes = { data: Uint8Array.of(0, 255, 51, 0, 255, 102), count: 3, height: 1, width: 2 };
  const { data, shape } = normalizeBytes(planes, imagenetStatistics);
  assert.deepEqual(shape, [3, 1, 2]);
  const { mean, std } = imagenetStatistics;
  [0, 1, 0.2, 0, 1, 0.4].forEach((value, i) => {
    const channel = Math.floor(i / 2);
    const wanted = (value - mean[channel]!) / std[channel]!;
    assert(Math.abs(Number(data[i]) - wanted) < 1e-6);
  });
});

test("stretchedRgb() brings any rectangle to a square", () => {
  const pixels = ndarray("float32", {
    axes: ["t", "band", "y", "x"],
    shape: [1, 3, 4, 9],
    data: new Float32Array(3 * 36).fill(5000),
  });
  const { data, shape } = stretchedRgb(pixels, { sizePx: 16, statistics: imagenetStatistics });
  assert.deepEqual(shape, [3, 16, 16]);
  const wanted = (127 / 255 - imagenetStatistics.mean[2]!) / imagenetStatistics.std[2]!;
  assert(Math.abs(Number(data.at(-1)) - wanted) < 1e-6);
});
