import assert from "node:assert/strict";
import { test } from "node:test";
import { assertClose, checkpointOf, noise, runFloat, weight } from "../_suite/run_graph.ts";
import { weightsOf } from "../checkpoint/mod.ts";
import { input } from "../onnx/mod.ts";
import { groupNorm, standardize, takeGroupNorm } from "./mod.ts";

/** Values with mean 0 and variance 1, by the definition. */
function standardized(values: readonly number[], epsilon: number): number[] {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
  return values.map((x) => (x - mean) / Math.sqrt(variance + epsilon));
}

test("groupNorm() normalises each group of channels of each row", async () => {
  const x = noise([2, 3, 6]);
  const scale = weight([6], 2);
  const shift = weight([6], 3);
  const wanted: number[] = [];
  for (let at = 0; at < x.data.length; at += 3) {
    standardized([...x.data.slice(at, at + 3)], 1e-3).forEach((value, i) => {
      const channel = (at + i) % 6;
      wanted.push(value * scale.data[channel]! + shift.data[channel]!);
    });
  }
  const norm = { weight: scale, bias: shift, groups: 2, epsilon: 1e-3 };
  const y = await runFloat(x, (x) => groupNorm(x, norm));
  assert.deepEqual(y.shape, [2, 3, 6]);
  assertClose(y.data, wanted, 1e-5);
  assert.throws(
    () => groupNorm(input("x", { dtype: "float32", shape: [3, 5] }), norm),
    RangeError,
  );
});

test("standardize() leaves the last axis with mean 0 and variance 1", async () => {
  const x = noise([2, 5]);
  const wanted = [x.data.slice(0, 5), x.data.slice(5)].flatMap((row) =>
    standardized([...row], 1e-5)
  );
  assertClose((await runFloat(x, (x) => standardize(x, 1e-5))).data, wanted, 1e-5);
});

test("takeGroupNorm() takes what torch stores, with torch's epsilon", () => {
  const weights = weightsOf(checkpointOf({
    "norm.weight": weight([6], 2),
    "norm.bias": weight([6], 3),
  }));
  const { groups, epsilon } = takeGroupNorm(weights.under("norm."), { channels: 6, groups: 2 });
  weights.finish();
  assert.deepEqual([groups, epsilon], [2, 1e-5]);
});
