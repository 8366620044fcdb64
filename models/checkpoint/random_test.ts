import assert from "node:assert/strict";
import { test } from "node:test";
import { isRsembedError } from "@rsembed/core";
import { randomCheckpoint } from "./mod.ts";

const keyMap = {
  keys: {
    "fc1.weight": { shape: [64, 256], dtype: "float32" },
    "fc2.weight": { shape: [64, 256], dtype: "bfloat16" },
    "norm.weight": { shape: [1000], dtype: "float32" },
    "norm.bias": { shape: [1000], dtype: "float32" },
    "pos_embed": { shape: [1, 10, 100], dtype: "float32" },
    "bn.running_var": { shape: [1000], dtype: "float32" },
    "bn.num_batches_tracked": { shape: [], dtype: "int64" },
  },
};

function moments(data: Float32Array) {
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  const square = data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length;
  return { mean, std: Math.sqrt(square) };
}

test("randomCheckpoint() gives a tensor the same values whatever else is read", async () => {
  const first = randomCheckpoint(keyMap, { seed: 3 });
  const again = randomCheckpoint(keyMap, { seed: 3 });
  await again.read("norm.bias");
  assert.deepEqual(await again.read("fc1.weight"), await first.read("fc1.weight"));
});

test("randomCheckpoint() gives other values when the seed or the name differs", async () => {
  const { data } = await randomCheckpoint(keyMap, { seed: 3 }).read("fc1.weight");
  for (
    const other of [
      await randomCheckpoint(keyMap, { seed: 4 }).read("fc1.weight"),
      await randomCheckpoint(keyMap, { seed: 3 }).read("fc2.weight"),
    ]
  ) {
    const product = data.reduce((sum, value, i) => sum + value * other.data[i]!, 0);
    const correlation = product / data.length / moments(data).std ** 2;
    assert(Math.abs(correlation) < 0.05, `correlation ${correlation}`);
  }
});

test("randomCheckpoint() scales weights by fan-in and keeps norms near 1", async () => {
  const checkpoint = randomCheckpoint(keyMap);
  const near = async (name: string, mean: number, std: number) => {
    const found = moments((await checkpoint.read(name)).data);
    assert(Math.abs(found.mean - mean) < 0.2 * std, `${name}: mean ${found.mean}`);
    assert(Math.abs(found.std / std - 1) < 0.1, `${name}: std ${found.std}`);
  };
  await near("fc1.weight", 0, 1 / 16);
  await near("norm.weight", 1, 0.1);
  await near("norm.bias", 0, 0.02);
  await near("pos_embed", 0, 0.02);
  await near("bn.running_var", 1, 0.1);
  const { data } = await randomCheckpoint(keyMap, { scale: 2 }).read("fc1.weight");
  assert(Math.abs(moments(data).std * 8 - 1) < 0.1);
});

test("randomCheckpoint() fills integers with 0 and keeps the key map's shapes and types", async () => {
  const checkpoint = randomCheckpoint(keyMap);
  assert.deepEqual([...(await checkpoint.read("bn.num_batches_tracked")).data], [0]);
  assert.deepEqual(checkpoint.tensors.get("fc2.weight"), {
    name: "fc2.weight",
    dtype: "bfloat16",
    shape: [64, 256],
  });
  await assert.rejects(
    checkpoint.read("fc3.weight"),
    (error) => isRsembedError(error, "not-found"),
  );
});
