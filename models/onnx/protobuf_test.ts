import assert from "node:assert/strict";
import { test } from "node:test";
import { ProtoMessage } from "./protobuf.ts";

const bytes = (message: ProtoMessage) => [...message.finish()];

test("ProtoMessage writes the examples of the protobuf documentation", () => {
  assert.deepEqual(bytes(new ProtoMessage().int(1, 150)), [0x08, 0x96, 0x01]);
  assert.deepEqual(bytes(new ProtoMessage().string(2, "testing")), [
    0x12,
    0x07,
    ...new TextEncoder().encode("testing"),
  ]);
  assert.deepEqual(bytes(new ProtoMessage().message(3, new ProtoMessage().int(1, 150))), [
    0x1a,
    0x03,
    0x08,
    0x96,
    0x01,
  ]);
});

test("ProtoMessage writes integers of 64 bits", () => {
  const varint = (value: number) => bytes(new ProtoMessage().int(1, value)).slice(1);
  assert.deepEqual(varint(0), [0]);
  assert.deepEqual(varint(-1), [...new Array(9).fill(0xff), 1]);
  assert.deepEqual(varint(2 ** 31), [0x80, 0x80, 0x80, 0x80, 0x08]);
  assert.deepEqual(varint(2 ** 40), [0x80, 0x80, 0x80, 0x80, 0x80, 0x20]);
  assert.throws(() => varint(1.5), RangeError);
  assert.throws(() => varint(2 ** 53), RangeError);
});

test("ProtoMessage writes floats and repeated fields", () => {
  assert.deepEqual(bytes(new ProtoMessage().float(2, 1)), [0x15, 0, 0, 0x80, 0x3f]);
  assert.deepEqual(bytes(new ProtoMessage().ints(8, [3, 270])), [0x40, 3, 0x40, 0x8e, 0x02]);
  // field numbers above 15 take two bytes
  assert.deepEqual(bytes(new ProtoMessage().int(20, 7)), [0xa0, 0x01, 7]);
});
