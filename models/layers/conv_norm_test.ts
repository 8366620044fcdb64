import assert from "node:assert/strict";
import { test } from "node:test";
import { assertClose, checkpointOf, noise, runFloat } from "../_suite/run_graph.ts";
import { weightsOf } from "../checkpoint/mod.ts";
import { convNorm, takeConvNorm } from "./mod.ts";

test("takeConvNorm() is the convolution, then the normalisation by running statistics", async () => {
  const [inputs, outputs] = [2, 3];
  const positive = noise([outputs], 5);
  positive.data.forEach((value, i) => positive.data[i] = 0.5 + value * value);
  const arrays = {
    "conv.weight": noise([outputs, inputs, 3, 3], 1),
    "bn.weight": noise([outputs], 2),
    "bn.bias": noise([outputs], 3),
    "bn.running_mean": noise([outputs], 4),
    "bn.running_var": positive,
  };
  const weights = weightsOf(checkpointOf(arrays));
  const taken = takeConvNorm(weights.under("conv."), weights.under("bn."), {
    inputs,
    outputs,
    side: 3,
  });
  weights.finish();
  const x = noise([1, inputs, 4, 5], 9);
  const given = await runFloat(x, (x) => convNorm(x, taken, 2));
  assert.deepEqual(given.shape, [1, outputs, 2, 3]);
  const wanted: number[] = [];
  for (let o = 0; o < outputs; o++) {
    for (const y of [0, 2]) {
      for (const column of [0, 2, 4]) {
        let sum = 0;
        for (let c = 0; c < inputs; c++) {
          for (let i = -1; i <= 1; i++) {
            for (let j = -1; j <= 1; j++) {
              const inside = y + i >= 0 && y + i < 4 && column + j >= 0 && column + j < 5;
              const pixel = inside ? x.data[(c * 4 + y + i) * 5 + column + j]! : 0;
              sum += pixel *
                arrays["conv.weight"].data[((o * inputs + c) * 3 + i + 1) * 3 + j + 1]!;
            }
          }
        }
        const scale = arrays["bn.weight"].data[o]! / Math.sqrt(positive.data[o]! + 1e-5);
        wanted.push(
          (sum - arrays["bn.running_mean"].data[o]!) * scale + arrays["bn.bias"].data[o]!,
        );
      }
    }
  }
  assertClose(given.data, wanted, 1e-5);
});
