import assert from "node:assert/strict";
import test from "node:test";
import { northUpGrid } from "@rsembed/core";
import { composite, type Raster } from "@rsembed/providers/raster";

function layers(count: number): Raster[] {
  const grid = northUpGrid({
    crs: "EPSG:32633",
    west: 0,
    north: 0,
    pixelSize: 10,
    width: 16,
    height: 8,
  });
  let state = count;
  const next = () => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
  return Array.from({ length: count }, () => ({
    grid,
    bands: 2,
    data: Float32Array.from({ length: 256 }, () => Math.round(next() * 2000 - 1000)),
    valid: Uint8Array.from({ length: 128 }, () => (next() < 0.6 ? 1 : 0)),
  }));
}

test("composite() takes the median of what is valid, of odd and even numbers", () => {
  for (const count of [2, 3, 4, 7]) {
    const stack = layers(count);
    const out = composite(stack, "median");
    for (let i = 0; i < 256; i++) {
      const values = stack.filter(({ valid }) => valid[i % 128] === 1).map(({ data }) => data[i]!)
        .sort((a, b) => a - b);
      assert.equal(out.valid[i % 128], values.length > 0 ? 1 : 0);
      if (values.length === 0) continue;
      const half = values.length >> 1;
      const expected = values.length % 2 ? values[half]! : (values[half - 1]! + values[half]!) / 2;
      assert.equal(out.data[i], expected);
    }
  }
});

test("composite() puts the latest valid layer on top", () => {
  const stack = layers(5);
  const out = composite(stack, "mosaic");
  for (let i = 0; i < 256; i++) {
    const last = stack.findLast(({ valid }) => valid[i % 128] === 1);
    assert.equal(out.valid[i % 128], last ? 1 : 0);
    if (last) assert.equal(out.data[i], last.data[i]);
  }
});

test("composite() refuses nothing, and layers that differ", () => {
  assert.throws(() => composite([], "median"), RangeError);
  const [one] = layers(1);
  assert.throws(() => composite([one!, { ...one!, bands: 1 }], "median"), RangeError);
});
