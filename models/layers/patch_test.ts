import assert from "node:assert/strict";
import { test } from "node:test";
import { assertClose, noise, runFloat, weight } from "../_suite/run_graph.ts";
import { conv, type Float, input, parameter, reshape, transpose } from "../onnx/mod.ts";
import { batch } from "../onnx/mod.ts";
import { patchEmbedding, resizePositions, unfoldPatches, withClassToken } from "./mod.ts";

const image = noise([2, 3, 8, 12], 3);

test("unfoldPatches() lists the values of each patch channel by channel", async () => {
  const { data, shape } = await runFloat(image, (x) => unfoldPatches(x, 4));
  assert.deepEqual(shape, [2, 2, 3, 48]);
  for (let i = 0; i < data.length; i++) {
    const [dx, dy, channel] = [i % 4, Math.floor(i / 4) % 4, Math.floor(i / 16) % 3];
    const [x, y, place] = [Math.floor(i / 48) % 3, Math.floor(i / 144) % 2, Math.floor(i / 288)];
    assert.equal(data[i], image.data[((place * 3 + channel) * 8 + y * 4 + dy) * 12 + x * 4 + dx]);
  }
});

test("patchEmbedding() equals the convolution that its kernels come from", async () => {
  const kernel = weight([5, 3, 4, 4], 1);
  const bias = weight([5], 2);
  const asConv = (x: Float) => {
    const y = conv(x, { weight: parameter(kernel), bias: parameter(bias), stride: [4, 4] });
    return transpose(reshape(y, [batch(), 5, 6]), [0, 2, 1]);
  };
  const wanted = await runFloat(image, asConv);
  const tokens = await runFloat(image, (x) => patchEmbedding(x, { kernel, bias }));
  assert.deepEqual(tokens.shape, [2, 6, 5]);
  assertClose(tokens.data, wanted.data, 2e-6);
});

test("patchEmbedding() refuses images that patches do not fill", () => {
  const x = input("x", { dtype: "float32", shape: [3, 8, 10] });
  assert.throws(
    () => patchEmbedding(x, { kernel: weight([5, 3, 4, 4], 1), bias: null }),
    RangeError,
  );
  assert.throws(
    () => patchEmbedding(x, { kernel: weight([5, 3, 2, 4], 1), bias: null }),
    RangeError,
  );
});

test("withClassToken() puts the token first and adds a position to each", async () => {
  const x = noise([2, 3, 4], 5);
  const [token, positions] = [weight([4], 1), weight([4, 4], 2)];
  const { data, shape } = await runFloat(x, (x) => withClassToken(x, { token, positions }));
  assert.deepEqual(shape, [2, 4, 4]);
  const wanted = Array.from({ length: 32 }, (_, i) => {
    const [k, row, place] = [i % 4, Math.floor(i / 4) % 4, Math.floor(i / 16)];
    const own = row === 0 ? token.data[k]! : x.data[(place * 3 + row - 1) * 4 + k]!;
    return Math.fround(own + positions.data[row * 4 + k]!);
  });
  assertClose(data, wanted, 0);
  assert.throws(
    () => withClassToken(input("x", { dtype: "float32", shape: [4, 4] }), { token, positions }),
    RangeError,
  );
});

test("resizePositions() keeps the prefix, and a grid of the size wanted", async () => {
  const table = weight([1 + 6, 4], 1);
  const same = { from: [2, 3], to: [2, 3], prefix: 1, antialias: true } as const;
  assert.equal(resizePositions(table, same), table);
  const resized = resizePositions(table, { ...same, to: [5, 4] });
  assert.deepEqual(resized.shape, [1 + 20, 4]);
  assert.deepEqual((await resized.load()).slice(0, 4), table.data.slice(0, 4));
  assert.throws(() => resizePositions(table, { ...same, from: [3, 3] }), RangeError);
});
