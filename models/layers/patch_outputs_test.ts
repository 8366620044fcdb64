import assert from "node:assert/strict";
import { test } from "node:test";
import { assertClose, noise, runFloat } from "../_suite/run_graph.ts";
import { input } from "../onnx/mod.ts";
import { patchOutputs } from "./mod.ts";

test("patchOutputs() lays patch tokens out row by row and leaves the class token out", async () => {
  const x = noise([2, 7, 3], 5);
  const { data, shape } = await runFloat(
    x,
    (x) => patchOutputs(x, { prefix: 1, height: 2, width: 3 }).grid,
  );
  assert.deepEqual(shape, [2, 3, 2, 3]);
  data.forEach((value, at) => {
    const [n, d, cell] = [Math.floor(at / 18), Math.floor(at / 6) % 3, at % 6];
    assert.equal(value, x.data[(n * 7 + 1 + cell) * 3 + d]);
  });
});

test("patchOutputs() means over the patches", async () => {
  const x = noise([1, 4, 2], 6);
  const { data } = await runFloat(x, (x) => patchOutputs(x, { height: 2, width: 2 }).pooled);
  const mean = (d: number) => [0, 1, 2, 3].reduce((sum, i) => sum + x.data[i * 2 + d]! / 4, 0);
  assertClose(data, [mean(0), mean(1)], 1e-6);
});

test("patchOutputs() refuses tokens of another number", () => {
  const x = input("x", { dtype: "float32", shape: [5, 2] });
  assert.throws(() => patchOutputs(x, { height: 2, width: 2 }), RangeError);
});
