import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes, isRsembedError } from "@rsembed/core";
import { type Checkpoint, memorySource, openCheckpoint } from "./mod.ts";
import { buildSafetensors, fields } from "./testdata/build.ts";

const open = (bytes: Uint8Array<ArrayBuffer>): Promise<Checkpoint> =>
  openCheckpoint(memorySource("hostile.safetensors", bytes));

const pair = (begin: number, end: number, more: object = {}) => ({
  dtype: "F32",
  shape: [2],
  data_offsets: [begin, end],
  ...more,
});

test("openCheckpoint() fails as corrupt when a safetensors header lies", async () => {
  const cases: [string, unknown, number][] = [
    ["past the end", { a: pair(0, 8) }, 7],
    ["bytes after the last", { a: pair(0, 8) }, 9],
    ["overlap", { a: pair(0, 8), b: pair(4, 12) }, 12],
    ["the same range twice", { a: pair(0, 8), b: pair(0, 8) }, 8],
    ["gap", { a: pair(0, 8), b: pair(12, 20) }, 20],
    ["backwards", { a: pair(8, 0) }, 8],
    ["negative", { a: pair(-8, 0) }, 0],
    ["fraction", { a: pair(0, 8, { shape: [1.5] }) }, 8],
    ["size and shape differ", { a: pair(0, 8, { shape: [3] }) }, 8],
    ["shape beyond counting", { a: pair(0, 8, { shape: [2 ** 52, 2 ** 52] }) }, 8],
    ["no shape", { a: pair(0, 8, { shape: null }) }, 8],
    ["no type", { a: pair(0, 8, { dtype: 7 }) }, 8],
    ["three offsets", { a: pair(0, 8, { data_offsets: [0, 8, 8] }) }, 8],
    ["no object", { a: 7 }, 0],
    ["no JSON", '{"a":', 0],
    ["nested without end", `{"a":${"[".repeat(100_000)}`, 0],
  ];
  for (const [what, header, body] of cases) {
    await assert.rejects(
      open(buildSafetensors(header, body)),
      (error) => isRsembedError(error, "corrupt"),
      what,
    );
  }
});

test("openCheckpoint() checks a declared header length before it allocates", async () => {
  const declared = (length: number) =>
    concatBytes([fields([8, length]), new TextEncoder().encode("{}".padEnd(600))]);
  await assert.rejects(open(declared(1000)), (error) => isRsembedError(error, "corrupt"));
  await assert.rejects(open(declared(2 ** 40)), (error) => isRsembedError(error, "corrupt"));
  const claimsMore = { ...memorySource("claims", declared(2 ** 40)), byteLength: 2 ** 41 };
  await assert.rejects(openCheckpoint(claimsMore), (error) => isRsembedError(error, "limit"));
});

test("openCheckpoint() reads the others when a tensor's type is unknown", async () => {
  const checkpoint = await open(buildSafetensors({
    a: pair(0, 8),
    b: { dtype: "F8_E4M3", shape: [3], data_offsets: [8, 11] },
    ["__proto__"]: pair(11, 11, { shape: [0] }),
  }, 11));
  assert.deepEqual([...checkpoint.tensors.keys()], ["a", "__proto__"]);
  assert.equal((await checkpoint.read("a")).data.length, 2);
  await assert.rejects(checkpoint.read("b"), /F8_E4M3/);
});

test("openCheckpoint() opens a safetensors file without tensors", async () => {
  assert.equal((await open(buildSafetensors({}, 0))).tensors.size, 0);
});
