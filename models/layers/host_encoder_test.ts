import { test } from "node:test";
import {
  denseAdd,
  denseAttention,
  denseErf,
  denseLinear,
  denseNorm,
  rowsOf,
} from "../_suite/dense.ts";
import { assertClose, checkpointOf, type Fed, noise } from "../_suite/run_graph.ts";
import { weightsOf } from "../checkpoint/mod.ts";
import { takeHostEncoderLayer } from "./mod.ts";

test("takeHostEncoderLayer() takes a layer that norms after each sum", async () => {
  const [width, hidden, heads] = [6, 9, 2];
  const shapes: Record<string, number[]> = {
    "self_attn.in_proj_weight": [3 * width, width],
    "self_attn.in_proj_bias": [3 * width],
    "self_attn.out_proj.weight": [width, width],
    "self_attn.out_proj.bias": [width],
    "linear1.weight": [hidden, width],
    "linear1.bias": [hidden],
    "linear2.weight": [width, hidden],
    "linear2.bias": [width],
    "norm1.weight": [width],
    "norm1.bias": [width],
    "norm2.weight": [width],
    "norm2.bias": [width],
  };
  const arrays: Record<string, Fed> = Object.fromEntries(
    Object.entries(shapes).map(([name, shape], i) => [name, noise(shape, i)]),
  );
  const weights = weightsOf(checkpointOf(arrays));
  const layer = takeHostEncoderLayer(weights, { width, heads });
  weights.finish();
  const x = noise([4, width], 33);
  const given = await layer({ rows: 4, columns: width, data: Float64Array.from(x.data) });

  const pair = (name: string) => ({
    weight: arrays[`${name}.weight`]!,
    bias: arrays[`${name}.bias`]!,
  });
  const norm = (name: string) => ({ ...pair(name), epsilon: 1e-5 });
  const fused = denseLinear(rowsOf(x), {
    weight: arrays["self_attn.in_proj_weight"]!,
    bias: arrays["self_attn.in_proj_bias"]!,
  });
  const part = (i: number) => fused.map((row) => row.slice(i * width, (i + 1) * width));
  const scale = (width / heads) ** -0.5;
  const mixed = denseAttention({ q: part(0), k: part(1), v: part(2) }, { heads, scale });
  const attended = denseAdd(rowsOf(x), denseLinear(mixed, pair("self_attn.out_proj")));
  const y = denseNorm(attended, norm("norm1"));
  const active = denseLinear(y, pair("linear1")).map((row) =>
    row.map((v) => v * (1 + denseErf(v / Math.SQRT2)) / 2)
  );
  const fed = denseAdd(y, denseLinear(active, pair("linear2")));
  assertClose(given.data, denseNorm(fed, norm("norm2")).flat(), 1e-6);
});
