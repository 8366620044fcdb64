import assert from "node:assert/strict";
import { test } from "node:test";
import { assertClose, runFloat } from "../_suite/run_graph.ts";
import { split } from "../onnx/mod.ts";
import { meanOf } from "./mod.ts";

test("meanOf() is the mean of its values", async () => {
  const x = { shape: [1, 6], data: Float32Array.of(1, 2, 3, 5, 8, 13) };
  const parts = await runFloat(x, (x) => meanOf(split(x, { axis: 1, sizes: [2, 2, 2] })));
  assertClose(parts.data, [4, 20 / 3], 1e-6);
  assert.throws(() => meanOf([]), RangeError);
});
