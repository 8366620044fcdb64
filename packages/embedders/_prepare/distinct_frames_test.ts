import type { Planes } from "@rsembed/core";
import assert from "node:assert/strict";
import { test } from "node:test";
import { distinctFrames } from "./distinct_frames.ts";

test("distinctFrames() keeps the first of equal frames, neighbours or not", () => {
  const planes: Planes = {
    data: Float32Array.of(1, 2, 3, 4, 1, 2, 3, 5, 3, 4),
    count: 5,
    height: 1,
    width: 2,
  };
  assert.deepEqual(distinctFrames(planes, 5), [0, 1, 3]);
});
