import assert from "node:assert/strict";
import { test } from "node:test";
import { denseLinear, rowsOf } from "../_suite/dense.ts";
import { assertClose, noise, runFloat, weight } from "../_suite/run_graph.ts";
import { gatedMlp } from "./mod.ts";

test("gatedMlp() lets values pass by the SiLU of the gate", async () => {
  const layer = (outputs: number, inputs: number, seed: number) => ({
    weight: weight([outputs, inputs], seed),
    bias: weight([outputs], seed + 1),
  });
  const [gate, value, out] = [layer(5, 3, 1), layer(5, 3, 3), layer(4, 5, 5)];
  const x = noise([2, 3], 8);
  const given = await runFloat(x, (x) => gatedMlp(x, { gate, value, out }));
  assert.deepEqual(given.shape, [2, 4]);
  const gates = denseLinear(rowsOf(x), gate);
  const hidden = denseLinear(rowsOf(x), value).map((row, i) =>
    row.map((v, k) => v * gates[i]![k]! / (1 + Math.exp(-gates[i]![k]!)))
  );
  assertClose(given.data, denseLinear(hidden, out).flat(), 1e-6);
});
