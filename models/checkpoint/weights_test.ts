import assert from "node:assert/strict";
import { test } from "node:test";
import { isRsembedError } from "@rsembed/core";
import { mapTensor, randomCheckpoint, sliceRows, transposed, weightsOf } from "./mod.ts";

function checkpointOf(shapes: Record<string, number[]>) {
  return randomCheckpoint({
    keys: Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [name, { shape, dtype: "float32" }]),
    ),
  });
}

test("finish() lists all missing, misshapen and unused keys in one error", () => {
  const checkpoint = checkpointOf({
    "fc.weight": [3, 4],
    "fc.bias": [4],
    "head.weight": [2, 3],
    "mask_token": [1],
  });
  const fc = weightsOf(checkpoint).under("fc.");
  const weights = weightsOf(checkpoint);
  assert.deepEqual(fc.shapeOf("weight"), [3, 4]);
  weights.take("fc.weight", [3, -1]);
  weights.take("fc.bias", [3]);
  weights.take("norm.weight", [3]);
  weights.under("norm.").take("bias", [3]);
  assert.throws(() => weights.finish([/^mask_token$/]), (error) => {
    assert(isRsembedError(error, "corrupt"));
    assert.deepEqual(error.facts.keys, {
      missing: ["norm.weight", "norm.bias"],
      misshapen: ["fc.bias"],
      unused: ["head.weight"],
    });
    assert.match(error.message, /2 keys missing: norm\.weight, norm\.bias/);
    assert.match(error.message, /1 key of wrong shape: fc\.bias is \(4\), \(3\) is wanted/);
    assert.match(error.message, /1 key used by no part of it: head\.weight/);
    return true;
  });
});

test("finish() accepts when every key was taken or may be left", () => {
  const weights = weightsOf(checkpointOf({ "a": [1], "b": [2] }));
  weights.take("a", [1]);
  weights.finish([/^b$/]);
});

test("take() gives a stand-in of the wanted shape when a key is missing", async () => {
  const weights = weightsOf(checkpointOf({ "a": [1] }));
  const missing = weights.take("b", [2, 3]);
  assert.deepEqual(missing.shape, [2, 3]);
  await assert.rejects(missing.load(), (error) => isRsembedError(error, "corrupt"));
});

test("take() fills sides that may be any from the checkpoint when another is wrong", () => {
  const weights = weightsOf(checkpointOf({ "a": [5, 7] }));
  assert.deepEqual(weights.take("a", [-1, 8]).shape, [5, 8]);
});

test("take() fails at once, with all that is wrong so far, when a side cannot be told", () => {
  const weights = weightsOf(checkpointOf({ "a": [1] }));
  weights.take("b", [3]);
  assert.throws(() => weights.take("c", [-1]), /2 keys missing: b, c/);
});

test("weightsOf() strips shared prefixes and renames, and names keys as the file does", async () => {
  const checkpoint = checkpointOf({ "module.model.fc.w": [2], "module.model.fc.b": [2] });
  const weights = weightsOf(checkpoint, {
    stripPrefixes: ["model.", "module."],
    rename: (key) => key.replace(/w$/, "weight"),
  });
  const taken = weights.take("fc.weight", [2]);
  assert.deepEqual(await taken.load(), (await checkpoint.read("module.model.fc.w")).data);
  assert.throws(() => weights.finish(), /module\.model\.fc\.b/);
});

test("weightsOf() keeps prefixes that only some keys have", () => {
  const weights = weightsOf(checkpointOf({ "module.a": [1], "b": [1] }), {
    stripPrefixes: ["module."],
  });
  assert(weights.has("module.a") && weights.has("b"));
});

test("weightsOf() refuses when renaming makes one key of two", () => {
  assert.throws(
    () => weightsOf(checkpointOf({ "a.x": [1], "b.x": [1] }), { rename: (key) => key.slice(2) }),
    /a\.x and b\.x both become x/,
  );
});

test("mapTensor(), sliceRows() and transposed() derive values when loaded", async () => {
  const matrix = {
    shape: [2, 3],
    load: () => Promise.resolve(Float32Array.of(1, 2, 3, 4, 5, 6)),
  };
  assert.deepEqual(await transposed(matrix).load(), Float32Array.of(1, 4, 2, 5, 3, 6));
  assert.deepEqual(await sliceRows(matrix, 1, 2).load(), Float32Array.of(4, 5, 6));
  const doubled = mapTensor(matrix, [6], (data) => data.map((value) => 2 * value));
  assert.deepEqual(await doubled.load(), Float32Array.of(2, 4, 6, 8, 10, 12));
  await assert.rejects(mapTensor(matrix, [5], (data) => data).load(), RangeError);
  assert.throws(() => sliceRows(matrix, 1, 3), RangeError);
  assert.throws(() => transposed({ ...matrix, shape: [6] }), RangeError);
});

test("a tensor's load() passes the signal on to the checkpoint", async () => {
  const signal = AbortSignal.abort(new Error("enough"));
  const taken = weightsOf(checkpointOf({ "a": [2, 2] })).take("a", [2, 2]);
  await assert.rejects(transposed(taken).load({ signal }), /enough/);
});
