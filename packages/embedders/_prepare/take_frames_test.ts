import assert from "node:assert/strict";
import { test } from "node:test";
import { takeFrames } from "./take_frames.ts";

test("takeFrames() takes frames with all their planes, in the order asked for", () => {
  const planes = { data: Float32Array.of(1, 2, 3, 4, 5, 6), count: 6, height: 1, width: 1 };
  const taken = takeFrames(planes, 3, [2, 0]);
  assert.deepEqual([taken.count, ...taken.data], [4, 5, 6, 1, 2]);
  assert.equal(takeFrames(planes, 3, [0, 1, 2]), planes);
});
