import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes } from "./bytes.ts";

test("concatBytes() copies parts one after another into a buffer of their own", () => {
  const source = new Uint8Array([9, 1, 2, 9]);
  const all = concatBytes([source.subarray(1, 3), new Uint8Array(0), new Uint8Array([3])]);
  source.fill(0);
  assert.deepEqual(all, new Uint8Array([1, 2, 3]));
  assert.equal(all.buffer.byteLength, 3);
  assert.deepEqual(concatBytes([]), new Uint8Array(0));
});
