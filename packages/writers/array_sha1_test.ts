import assert from "node:assert/strict";
import { test } from "node:test";
import { ndarray } from "@rsembed/core";
import { arraySha1, pythonShape } from "./array_sha1.ts";

function float32(shape: number[], data: number[]) {
  const axes = shape.map((_, i) => `d${i}`);
  return ndarray("float32", { axes, shape, data: Float32Array.from(data) });
}

test("arraySha1() gives the checksums of rs-embed", () => {
  // Source: rs-embed, `keys.json` of its interop fixtures
  assert.equal(
    arraySha1(float32([6], [0, 1, 2, 3, 4, 5])),
    "710320dc6649ff63c5bbb388f23f2d25d53c887a",
  );
  assert.equal(
    arraySha1(float32([2, 3], Array(6).fill(0))),
    "2ae7c4291da2960536957528ef7ed21386f4619c",
  );
  assert.equal(arraySha1(float32([2], [NaN, 1])), "13dbd0a89509e180134db92d8692663b47c3665d");
  const long = Array.from({ length: 600_000 }, (_, i) => i);
  assert.equal(arraySha1(float32([3, 200_000], long)), "c1a40bccb5e00622eee6b51322ddb9bb8ab0edb8");
});

test("pythonShape() writes tuples as Python does", () => {
  assert.deepEqual([[], [6], [3, 16, 16]].map(pythonShape), ["()", "(6,)", "(3, 16, 16)"]);
});
