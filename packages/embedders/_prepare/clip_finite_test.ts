import assert from "node:assert/strict";
import { test } from "node:test";
import { clipFinite } from "./clip_finite.ts";

test("clipFinite() clips, fills what is not finite, and leaves its input alone", () => {
  const data = Float32Array.of(-1, 0, 5, 11, NaN, Infinity, -Infinity, 10);
  const planes = { data, count: 2, height: 2, width: 2 };
  const clipped = clipFinite(planes, { low: 0, high: 10, fill: 3 });
  assert.deepEqual([...clipped.data], [0, 0, 5, 10, 3, 3, 3, 10]);
  assert.deepEqual([clipped.count, clipped.height, clipped.width], [2, 2, 2]);
  assert.equal(data[0], -1);
});
