import assert from "node:assert/strict";
import { test } from "node:test";
import { denseAttention, denseLinear, rowsOf } from "../_suite/dense.ts";
import { assertClose, noise, runFloat, weight } from "../_suite/run_graph.ts";
import { floats } from "../onnx/mod.ts";
import { attention, type AttentionWeights, pairsApart, type Rotation } from "./mod.ts";

const [length, heads, width] = [5, 2, 8];

function dense(seed: number) {
  return { weight: weight([width, width], seed), bias: weight([width], seed + 1) };
}

const layers = { query: dense(1), key: dense(3), value: dense(5), out: dense(7) };
const weights: AttentionWeights = layers;

/** Angles, tokens by pairs. */
function rotationOf(angles: readonly number[][]): Rotation {
  const shape = [angles.length, angles[0]!.length];
  return {
    cos: floats(shape, angles.flat().map(Math.cos)),
    sin: floats(shape, angles.flat().map(Math.sin)),
  };
}

/** Pairs of neighbours turned as complex numbers. */
function turn(rows: readonly (readonly number[])[], angles: readonly number[][]): number[][] {
  return rows.map((row, token) =>
    row.map((x, i) => {
      const angle = angles[token]![i >> 1]!;
      return x * Math.cos(angle) + (i % 2 ? row[i - 1]! : -row[i + 1]!) * Math.sin(angle);
    })
  );
}

test("attention() turns queries and keys in pairs of neighbours, head by head", async () => {
  const angles = Array.from(
    { length },
    (_, token) => Array.from({ length: width / 2 }, (_, pair) => token * (pair + 1) * 0.3),
  );
  const x = noise([1, length, width], 11);
  const rows = rowsOf(x);
  const wanted = denseLinear(
    denseAttention({
      q: turn(denseLinear(rows, layers.query), angles),
      k: turn(denseLinear(rows, layers.key), angles),
      v: denseLinear(rows, layers.value),
    }, { heads, scale: (width / heads) ** -0.5 }),
    layers.out,
  ).flat();
  const rotation = rotationOf(angles);
  const turned = await runFloat(x, (x) => attention(x, { weights, heads, rotation }));
  assertClose(turned.data, wanted, 1e-5);
  const plain = await runFloat(x, (x) => attention(x, { weights, heads }));
  assert(plain.data.some((value, i) => Math.abs(value - wanted[i]!) > 1e-3));
});

test("attention() with a rotation hears distances alone", async () => {
  const at = (start: number) =>
    rotationOf(
      Array.from({ length }, (_, i) => [0.1, 0.5, 2, 0.7].map((f) => f * (start + i))),
    );
  const x = noise([2, length, width], 12);
  const near = await runFloat(x, (x) => attention(x, { weights, heads, rotation: at(0) }));
  const far = await runFloat(x, (x) => attention(x, { weights, heads, rotation: at(40) }));
  assertClose(far.data, [...near.data], 1e-5);
});

test("pairsApart() refuses what is no row of pairs", () => {
  assert.throws(() => pairsApart({ weight: weight([3, 2], 1), bias: null }), RangeError);
});
