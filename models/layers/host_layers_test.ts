import assert from "node:assert/strict";
import { test } from "node:test";
import { denseAttention, denseErf, denseLinear, denseNorm, rowsOf } from "../_suite/dense.ts";
import { assertClose, noise, weight } from "../_suite/run_graph.ts";
import {
  hostAdd,
  hostAttention,
  hostGelu,
  hostLayerNorm,
  hostLinear,
  hostMap,
  hostMatrix,
  hostRows,
  hostStack,
} from "./mod.ts";

const x = noise([5, 6], 3);
const matrix = { rows: 5, columns: 6, data: Float64Array.from(x.data) };

test("hostLinear() and hostLayerNorm() follow the formulas", async () => {
  const [w, b] = [weight([4, 6], 1), weight([4], 2)];
  const y = await hostLinear(matrix, { weight: w, bias: b });
  assert.deepEqual([y.rows, y.columns], [5, 4]);
  assertClose(y.data, denseLinear(rowsOf(x), { weight: w, bias: b }).flat(), 1e-12);
  const plain = await hostLinear(matrix, { weight: w, bias: null });
  assertClose(plain.data, denseLinear(rowsOf(x), { weight: w, bias: null }).flat(), 1e-12);
  const norm = { weight: weight([6], 4), bias: weight([6], 5), epsilon: 1e-5 };
  const normed = await hostLayerNorm(matrix, norm);
  assertClose(normed.data, denseNorm(rowsOf(x), norm).flat(), 1e-12);
  await assert.rejects(hostLinear(matrix, { weight: weight([4, 5], 1), bias: null }), RangeError);
});

test("hostAttention() follows the formula of each head", () => {
  const part = (i: number) => rowsOf(x).map((row) => row.slice(2 * i, 2 * i + 2));
  const wanted = denseAttention({ q: part(0), k: part(1), v: part(2) }, { heads: 2, scale: 1 });
  assertClose(hostAttention(matrix, 2).data, wanted.flat(), 1e-12);
  assert.throws(() => hostAttention(matrix, 3), RangeError);
});

test("hostGelu() is exact", () => {
  for (const value of [-9, -3, -0.5, 0, 1e-9, 0.7, 2.5, 12]) {
    const wanted = value * (1 + denseErf(value / Math.SQRT2)) / 2;
    assert(Math.abs(hostGelu(value) - wanted) < 1e-6);
  }
  // scipy.special.erf(1) = 0.8427007929497149
  assert(Math.abs(hostGelu(Math.SQRT2) - Math.SQRT2 * (1 + 0.8427007929497149) / 2) < 1e-15);
});

test("hostRows(), hostStack(), hostAdd() and hostMap() move and change elements", async () => {
  assert.deepEqual(
    await hostMatrix({ shape: x.shape, load: () => Promise.resolve(x.data) }),
    matrix,
  );
  const halves = [hostRows(matrix, 0, 2), hostRows(matrix, 2, 5)];
  assert.deepEqual(hostStack(halves), matrix);
  assert.deepEqual(hostAdd(matrix, matrix), hostMap(matrix, (value) => 2 * value));
  assert.throws(() => hostAdd(matrix, halves[0]!), RangeError);
});
