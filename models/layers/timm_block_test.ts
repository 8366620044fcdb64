import { isRsembedError } from "@rsembed/core";
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  denseAdd,
  denseAttention,
  denseErf,
  denseLinear,
  denseNorm,
  rowsOf,
} from "../_suite/dense.ts";
import { assertClose, checkpointOf, type Fed, noise, runFloat } from "../_suite/run_graph.ts";
import { weightsOf } from "../checkpoint/mod.ts";
import { takeTimmBlock, timmBlocks, transformerBlock } from "./mod.ts";

const [width, hidden, heads] = [6, 10, 2];
const shapes: Readonly<Record<string, readonly number[]>> = {
  "norm1.weight": [width],
  "norm1.bias": [width],
  "attn.qkv.weight": [3 * width, width],
  "attn.qkv.bias": [3 * width],
  "attn.proj.weight": [width, width],
  "attn.proj.bias": [width],
  "norm2.weight": [width],
  "norm2.bias": [width],
  "mlp.fc1.weight": [hidden, width],
  "mlp.fc1.bias": [hidden],
  "mlp.fc2.weight": [width, hidden],
  "mlp.fc2.bias": [width],
};
const arrays: Record<string, Fed> = Object.fromEntries(
  Object.entries(shapes).map(([name, shape], i) => [`blocks.0.${name}`, noise(shape, i)]),
);
const stored = (name: string) => arrays[`blocks.0.${name}`]!;
const layer = (name: string) => ({
  weight: stored(`${name}.weight`),
  bias: stored(`${name}.bias`),
});

/** What the formulas give, with query, key and value in this order. */
function wanted(x: Fed, epsilon: number): number[] {
  const rows = rowsOf(x);
  const fused = denseLinear(denseNorm(rows, { ...layer("norm1"), epsilon }), layer("attn.qkv"));
  const part = (i: number) => fused.map((row) => row.slice(i * width, (i + 1) * width));
  const mixed = denseAttention({ q: part(0), k: part(1), v: part(2) }, {
    heads,
    scale: (width / heads) ** -0.5,
  });
  const y = denseAdd(rows, denseLinear(mixed, layer("attn.proj")));
  const inner = denseLinear(denseNorm(y, { ...layer("norm2"), epsilon }), layer("mlp.fc1"))
    .map((row) => row.map((v) => v * (1 + denseErf(v / Math.SQRT2)) / 2));
  return denseAdd(y, denseLinear(inner, layer("mlp.fc2"))).flat();
}

test("takeTimmBlock() takes a block that follows the formulas, and nothing is left", async () => {
  // values this small show which epsilon the norms add
  const x = noise([1, 4, width], 99);
  for (let i = 0; i < x.data.length; i++) x.data[i]! *= 1e-3;
  for (const epsilon of [1e-6, 1e-5]) {
    const weights = weightsOf(checkpointOf(arrays));
    const y = await runFloat(x, (x) => {
      const options = { width, heads, hidden, ...(epsilon === 1e-6 ? {} : { epsilon }) };
      return transformerBlock(x, takeTimmBlock(weights.under("blocks.0."), options));
    });
    weights.finish();
    assertClose(y.data, wanted(x, epsilon), 5e-6);
  }
});

test("takeTimmBlock() leaves what is missing for finish() to tell", () => {
  const { "blocks.0.attn.qkv.bias": _, ...rest } = arrays;
  const without = weightsOf(checkpointOf(rest));
  takeTimmBlock(without.under("blocks.0."), { width, heads, hidden, qkvBias: false });
  without.finish();

  const weights = weightsOf(checkpointOf(rest));
  takeTimmBlock(weights.under("blocks.0."), { width, heads });
  assert.throws(
    () => weights.finish(),
    (error) =>
      isRsembedError(error, "corrupt") &&
      error.facts.keys?.missing.join() === "blocks.0.attn.qkv.bias" &&
      error.facts.keys.misshapen.length === 3,
  );
});

test("timmBlocks() runs the blocks in the order of their numbers", async () => {
  const second = Object.entries(shapes).map(([name, shape], i) =>
    [`blocks.1.${name}`, noise(shape, 50 + i)] as const
  );
  const weights = weightsOf(checkpointOf({ ...arrays, ...Object.fromEntries(second) }));
  const options = { width, heads, hidden };
  const x = noise([1, 4, width], 7);
  const chained = await runFloat(x, (x) => {
    const block = (i: number) => takeTimmBlock(weights.under(`blocks.${i}.`), options);
    return transformerBlock(transformerBlock(x, block(0)), block(1));
  });
  const given = await runFloat(x, (x) => timmBlocks(x, weights, { ...options, depth: 2 }));
  weights.finish();
  assert.deepEqual(given.data, chained.data);
});
