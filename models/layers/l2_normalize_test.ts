import assert from "node:assert/strict";
import { test } from "node:test";
import { assertClose, runFloat } from "../_suite/run_graph.ts";
import { l2Normalize } from "./mod.ts";

test("l2Normalize() gives vectors of length 1, and leaves zeros", async () => {
  const x = { shape: [2, 2, 2], data: Float32Array.of(3, 4, 0, 0, -2, 0, 1e-3, 1e-3) };
  const { data, shape } = await runFloat(x, l2Normalize);
  assert.deepEqual(shape, [2, 2, 2]);
  assertClose(data, [0.6, 0.8, 0, 0, -1, 0, Math.SQRT1_2, Math.SQRT1_2], 1e-6);
});
