import assert from "node:assert/strict";
import { test } from "node:test";
import { runFloat } from "../_suite/run_graph.ts";
import { input } from "../onnx/mod.ts";
import { cropTokens, padTokens } from "./mod.ts";

test("padTokens() adds zeros behind each axis, and cropTokens() takes them away", async () => {
  const x = { shape: [1, 6, 1], data: Float32Array.of(1, 2, 3, 4, 5, 6) };
  const padded = await runFloat(x, (x) => padTokens(x, [2, 3], [3, 4]));
  assert.deepEqual(padded.shape, [1, 12, 1]);
  assert.deepEqual([...padded.data], [1, 2, 3, 0, 4, 5, 6, 0, 0, 0, 0, 0]);
  const back = await runFloat(padded, (x) => cropTokens(x, [3, 4], [2, 3]));
  assert.deepEqual([...back.data], [...x.data]);
});

test("padTokens() leaves what fits, and refuses tokens of another number", () => {
  const x = input("x", { dtype: "float32", shape: [6, 2] });
  assert.equal(padTokens(x, [1, 2, 3], [1, 2, 3]), x);
  assert.throws(() => padTokens(x, [2, 2], [4, 4]), RangeError);
});
