import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes, reusedBytes } from "./bytes.ts";

test("concatBytes() copies parts one after another into a buffer of their own", () => {
  const source = new Uint8Array([9, 1, 2, 9]);
  const all = concatBytes([source.subarray(1, 3), new Uint8Array(0), new Uint8Array([3])]);
  source.fill(0);
  assert.deepEqual(all, new Uint8Array([1, 2, 3]));
  assert.equal(all.buffer.byteLength, 3);
  assert.deepEqual(concatBytes([]), new Uint8Array(0));
});

test("reusedBytes() gives the same room again, and larger room where it is asked for", () => {
  const room = reusedBytes();
  const first = room(4);
  first.fill(7);
  assert.deepEqual(room(3), new Uint8Array([7, 7, 7]));
  assert.equal(room(3).buffer, first.buffer);
  assert.deepEqual(room(6), new Uint8Array(6));
  assert.equal(room(0).length, 0);
  const joined = concatBytes([new Uint8Array([1, 2]), new Uint8Array([3])], room);
  assert.deepEqual(joined, new Uint8Array([1, 2, 3]));
  assert.equal(joined.buffer, room(6).buffer);
});
