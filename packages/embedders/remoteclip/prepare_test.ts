import { gridBounds, northUpGrid } from "@rsembed/core";
import assert from "node:assert/strict";
import { test } from "node:test";
import { centerCrop, croppedGrid, normalizedImage } from "./prepare.ts";

test("centerCrop() fits the short side and rounds halves to even", () => {
  assert.deepEqual(centerCrop({ height: 40, width: 97 }, 56), {
    size: { height: 56, width: 135 },
    window: { x: 40, y: 0, width: 56, height: 56 }, // 39.5
  });
  assert.deepEqual(centerCrop({ height: 59, width: 56 }, 56).window.y, 2); // 1.5
  assert.deepEqual(centerCrop({ height: 57, width: 56 }, 56).window.y, 0); // 0.5
  assert.deepEqual(centerCrop({ height: 8, width: 8 }, 224).size, { height: 224, width: 224 });
});

test("normalizedImage() of a grey image is the grey's normalised value", () => {
  const grey = { data: new Uint8Array(3 * 12).fill(128), count: 3, height: 3, width: 4 };
  const { data, shape } = normalizedImage(grey, 32);
  assert.deepEqual(shape, [3, 32, 32]);
  const wanted = [0.48145466, 0.4578275, 0.40821073].map((mean, i) =>
    (128 / 255 - mean) / [0.26862954, 0.26130258, 0.27577711][i]!
  );
  data.forEach((value, i) =>
    assert(Math.abs(Number(value) - wanted[Math.floor(i / 1024)]!) < 1e-6)
  );
});

test("croppedGrid() covers the central square of the ground", () => {
  const grid = northUpGrid({
    crs: "EPSG:32632",
    west: 0,
    north: 0,
    pixelSize: 10,
    width: 96,
    height: 48,
  });
  const cropped = croppedGrid(grid, 224);
  assert.deepEqual([cropped.width, cropped.height], [224, 224]);
  const { minX, maxX, minY, maxY } = gridBounds(cropped);
  for (const [got, wanted] of [[minX, 240], [maxX, 720], [minY, -480], [maxY, 0]]) {
    assert(Math.abs(got! - wanted!) < 1e-9);
  }
});
