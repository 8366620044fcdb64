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
import {
  assertClose,
  checkpointOf,
  type Fed,
  noise,
  runFloat,
  weight,
} from "../_suite/run_graph.ts";
import { weightsOf } from "../checkpoint/mod.ts";
import { floats, input, parameter, transpose } from "../onnx/mod.ts";
import {
  attendHeads,
  attention,
  gelu,
  geluTanh,
  layerNorm,
  linear,
  mlp,
  quickGelu,
  scaledLinear,
  splitQueryKeyValue,
  takeLayerNorm,
  takeLinear,
  takeMultiheadAttention,
  transformerBlock,
} from "./mod.ts";

/** Random weights of a linear layer. */
function dense(inputs: number, outputs: number, seed: number) {
  return { weight: weight([outputs, inputs], seed), bias: weight([outputs], seed + 1) };
}

/** The places of (N, L, D), as rows. */
function placesOf({ data, shape: [n = 0, length = 0, width = 0] }: Fed): number[][][] {
  const all = rowsOf({ data, shape: [n * length, width] });
  return Array.from({ length: n }, (_, i) => all.slice(i * length, (i + 1) * length));
}

test("linear() multiplies the last axis, whatever the others", async () => {
  const layer = dense(5, 7, 1);
  for (const shape of [[4, 5], [2, 3, 5], [2, 3, 2, 5]]) {
    const x = noise(shape, 9);
    const y = await runFloat(x, (x) => linear(x, layer));
    assert.deepEqual(y.shape, [...shape.slice(0, -1), 7]);
    assertClose(y.data, denseLinear(rowsOf(x), layer).flat());
    const bare = { ...layer, bias: null };
    assertClose(
      (await runFloat(x, (x) => linear(x, bare))).data,
      denseLinear(rowsOf(x), bare).flat(),
    );
  }
  assert.throws(() => linear(input("x", { dtype: "float32", shape: [4] }), layer), RangeError);
});

test("scaledLinear() multiplies results", async () => {
  const layer = dense(5, 7, 1);
  const x = noise([2, 5], 9);
  const y = await runFloat(x, (x) => linear(x, scaledLinear(layer, -3)));
  assertClose(y.data, denseLinear(rowsOf(x), layer).flat().map((v) => -3 * v));
});

test("gelu(), geluTanh() and quickGelu() are three functions", async () => {
  const x = { shape: [1, 9], data: Float32Array.of(-6, -3, -1, -0.1, 0, 0.1, 1, 3, 6) };
  const exact = [...x.data].map((x) => x * (1 + denseErf(x / Math.SQRT2)) / 2);
  const tanh = [...x.data].map((x) =>
    x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))) / 2
  );
  const quick = [...x.data].map((x) => x / (1 + Math.exp(-1.702 * x)));
  // deviations of published single-precision kernels from the formulas stay below this
  assertClose((await runFloat(x, gelu)).data, exact, 5e-7);
  assertClose((await runFloat(x, geluTanh)).data, tanh, 5e-7);
  assertClose((await runFloat(x, quickGelu)).data, quick, 5e-7);
  assert(Math.abs(exact[2]! - tanh[2]!) > 1e-4 && Math.abs(exact[2]! - quick[2]!) > 1e-3);
});

test("layerNorm() and mlp() follow their formulas", async () => {
  const x = noise([2, 3, 8], 5);
  const norm = { weight: weight([8], 1), bias: weight([8], 2), epsilon: 1e-3 };
  const normal = await runFloat(x, (x) => layerNorm(x, norm));
  assertClose(normal.data, denseNorm(rowsOf(x), norm).flat(), 1e-5);

  const layers = { hidden: dense(8, 12, 3), out: dense(12, 8, 5) };
  const y = await runFloat(x, (x) => mlp(x, { ...layers, activation: quickGelu }));
  const hidden = denseLinear(rowsOf(x), layers.hidden)
    .map((row) => row.map((v) => v / (1 + Math.exp(-1.702 * v))));
  assertClose(y.data, denseLinear(hidden, layers.out).flat(), 1e-5);
});

for (
  const { name, shape, heads, scale } of [
    { name: "one head", shape: [1, 4, 6], heads: 1, scale: undefined },
    { name: "heads and places", shape: [3, 5, 12], heads: 3, scale: undefined },
    { name: "a scale of its own", shape: [2, 5, 8], heads: 2, scale: 0.7 },
  ] as const
) {
  test(`attention() follows its formula for ${name}`, async () => {
    const width = shape[2];
    const [query, key, value, out] = [1, 3, 5, 7].map((seed) => dense(width, width, seed)) as [
      ReturnType<typeof dense>,
      ReturnType<typeof dense>,
      ReturnType<typeof dense>,
      ReturnType<typeof dense>,
    ];
    const weights = { query, key, value, out };
    const x = noise(shape, 11);
    const wanted = placesOf(x).map((rows) =>
      denseLinear(
        denseAttention({
          q: denseLinear(rows, query),
          k: denseLinear(rows, key),
          v: denseLinear(rows, value),
        }, { heads, scale: scale ?? (width / heads) ** -0.5 }),
        out,
      )
    );
    const y = await runFloat(
      x,
      (x) => attention(x, { weights, heads, ...(scale === undefined ? {} : { scale }) }),
    );
    assertClose(y.data, wanted.flat(2), 2e-6);
  });
}

test("attendHeads() takes queries that all places share, and other numbers of keys than queries", async () => {
  const [heads, queries, keys, width] = [2, 3, 5, 4];
  const query = weight([heads, queries, width], 3);
  const mask = weight([queries, keys], 4);
  const x = noise([2, heads, width, keys], 5);
  const y = await runFloat(x, (key) =>
    attendHeads({
      query: parameter(query),
      key,
      value: transpose(key, [0, 1, 3, 2]),
      mask: parameter(mask),
    }));
  assert.deepEqual(y.shape, [2, heads, queries, width]);
  const wanted: number[] = [];
  for (let place = 0; place < 2; place++) {
    for (let head = 0; head < heads; head++) {
      const keyAt = (k: number, j: number) =>
        x.data[((place * heads + head) * width + k) * keys + j]!;
      for (let i = 0; i < queries; i++) {
        const scores = Array.from({ length: keys }, (_, j) => {
          let sum = mask.data[i * keys + j]!;
          for (let k = 0; k < width; k++) {
            sum += query.data[(head * queries + i) * width + k]! * keyAt(k, j);
          }
          return Math.exp(sum);
        });
        const total = scores.reduce((a, b) => a + b);
        for (let k = 0; k < width; k++) {
          wanted.push(scores.reduce((sum, score, j) => sum + score / total * keyAt(k, j), 0));
        }
      }
    }
  }
  assertClose(y.data, wanted, 1e-5);
});

test("attention() adds its mask before it shares out", async () => {
  const [length, heads, width] = [6, 2, 8];
  const [query, key, value, out] = [dense(8, 8, 1), dense(8, 8, 3), dense(8, 8, 5), dense(8, 8, 7)];
  const x = noise([2, length, width], 11);
  const masks = [
    // no looking ahead
    {
      shape: [length, length],
      at: (_: number, row: number, column: number) => column > row ? -1e9 : 0,
    },
    // a bias for each head and column
    {
      shape: [heads, 1, length],
      at: (head: number, _: number, column: number) => head - column / 3,
    },
  ];
  for (const { shape, at } of masks) {
    const [rows = 0, columns = 0] = shape.slice(-2);
    const values = Array.from(
      { length: shape.reduce((n, side) => n * side, 1) },
      (_, i) => at(Math.floor(i / (rows * columns)), Math.floor(i / columns) % rows, i % columns),
    );
    const wanted = placesOf(x).map((rows) =>
      denseLinear(
        denseAttention({
          q: denseLinear(rows, query!),
          k: denseLinear(rows, key!),
          v: denseLinear(rows, value!),
        }, { heads, scale: 0.5, mask: at }),
        out!,
      )
    );
    const weights = { query: query!, key: key!, value: value!, out: out! };
    const y = await runFloat(
      x,
      (x) => attention(x, { weights, heads, mask: floats(shape, values) }),
    );
    assertClose(y.data, wanted.flat(2), 2e-6);
  }
});

test("attention() over many tokens equals attention over all at once", async () => {
  // 700 tokens of 4 heads make 1.96 million products: taken in two parts
  const [length, heads, width] = [700, 4, 8];
  const [query, key, value, out] = [dense(8, 8, 1), dense(8, 8, 3), dense(8, 8, 5), dense(8, 8, 7)];
  const x = noise([1, length, width], 11);
  const rows = rowsOf(x);
  const mask = (_: number, row: number, column: number) => Math.abs(row - column) / -length;
  const wanted = denseLinear(
    denseAttention({
      q: denseLinear(rows, query!),
      k: denseLinear(rows, key!),
      v: denseLinear(rows, value!),
    }, { heads, scale: 2 ** -0.5, mask }),
    out!,
  );
  const values = Array.from(
    { length: length ** 2 },
    (_, i) => mask(0, Math.floor(i / length), i % length),
  );
  const weights = { query: query!, key: key!, value: value!, out: out! };
  const y = await runFloat(
    x,
    (x) => attention(x, { weights, heads, mask: floats([length, length], values) }),
  );
  assertClose(y.data, wanted.flat(), 1e-5);
});

test("attention() refuses heads that do not divide the width, and masks of another size", () => {
  const x = input("x", { dtype: "float32", shape: [4, 6] });
  const layer = dense(6, 6, 1);
  const weights = { query: layer, key: layer, value: layer, out: layer };
  assert.throws(() => attention(x, { weights, heads: 4 }), RangeError);
  assert.throws(
    () => attention(x, { weights, heads: 2, mask: floats([3, 3], new Array(9).fill(0)) }),
    RangeError,
  );
});

test("takeMultiheadAttention() cuts query, key and value from the fused weights", async () => {
  const arrays = {
    "attn.in_proj_weight": noise([12, 4], 1),
    "attn.in_proj_bias": noise([12], 2),
    "attn.out_proj.weight": noise([4, 4], 3),
    "attn.out_proj.bias": noise([4], 4),
  };
  const weights = weightsOf(checkpointOf(arrays));
  const { query, key, value, out } = takeMultiheadAttention(weights.under("attn."), 4);
  weights.finish();
  const fused = arrays["attn.in_proj_weight"].data;
  for (const [i, part] of [query, key, value].entries()) {
    assert.deepEqual(await part.weight.load(), fused.slice(16 * i, 16 * (i + 1)));
    assert.deepEqual(
      await part.bias!.load(),
      arrays["attn.in_proj_bias"].data.slice(4 * i, 4 * (i + 1)),
    );
  }
  assert.deepEqual(await out.weight.load(), arrays["attn.out_proj.weight"].data);
  const bare = splitQueryKeyValue({ weight: weight([12, 4], 1), bias: null });
  assert.equal(bare.key.bias, null);
});

test("taking layers leaves what is wrong to be told at the end, all at once", () => {
  const weights = weightsOf(checkpointOf({
    "fc.weight": noise([3, 4]),
    "fc.bias": noise([3]),
    "norm.weight": noise([4]),
  }));
  assert.equal(takeLinear(weights.under("fc."), { inputs: 4, outputs: 3 }).bias?.shape[0], 3);
  weights.finish([/^norm/]);
  takeLinear(weights.under("fc."), { inputs: 3, outputs: 4 });
  takeLayerNorm(weights.under("norm."), { width: 4 });
  assert.throws(
    () => weights.finish(),
    (error) =>
      isRsembedError(error, "corrupt") &&
      ["fc.weight", "fc.bias", "norm.bias"].every((key) => error.message.includes(key)),
  );
});

test("transformerBlock() adds attention, then the MLP, each of normalised tokens", async () => {
  const [width, heads] = [8, 2];
  const norm = (seed: number) => ({
    weight: weight([width], seed),
    bias: weight([width], seed + 1),
    epsilon: 1e-5,
  });
  const [norm1, norm2] = [norm(1), norm(3)];
  const weights = {
    query: dense(8, 8, 5),
    key: dense(8, 8, 7),
    value: dense(8, 8, 9),
    out: dense(8, 8, 11),
  };
  const layers = { hidden: dense(8, 16, 13), out: dense(16, 8, 15) };
  const x = noise([2, 5, width], 17);
  const wanted = placesOf(x).map((rows) => {
    const n = denseNorm(rows, norm1);
    const heard = denseAttention({
      q: denseLinear(n, weights.query),
      k: denseLinear(n, weights.key),
      v: denseLinear(n, weights.value),
    }, { heads, scale: 0.5 });
    const y = denseAdd(rows, denseLinear(heard, weights.out));
    const hidden = denseLinear(denseNorm(y, norm2), layers.hidden)
      .map((row) => row.map((v) => v * (1 + denseErf(v / Math.SQRT2)) / 2));
    return denseAdd(y, denseLinear(hidden, layers.out));
  });
  const y = await runFloat(
    x,
    (x) =>
      transformerBlock(x, {
        norm1,
        norm2,
        attention: { weights, heads },
        mlp: layers,
        activation: gelu,
      }),
  );
  assertClose(y.data, wanted.flat(2), 1e-5);
});
