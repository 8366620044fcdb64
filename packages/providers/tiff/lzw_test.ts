import assert from "node:assert/strict";
import test from "node:test";
import { decodeLzw } from "./lzw.ts";

/** An encoder that follows TIFF 6.0, section 13, for the decoder to undo. */
function encode(input: Uint8Array): Uint8Array {
  const out: number[] = [];
  let held = 0, heldBits = 0, bits = 9;
  const put = (code: number) => {
    held = held * 2 ** bits + code;
    heldBits += bits;
    while (heldBits >= 8) {
      out.push(Math.floor(held / 2 ** (heldBits - 8)));
      held %= 2 ** (heldBits - 8);
      heldBits -= 8;
    }
  };
  let table = new Map<string, number>();
  let next = 258;
  const codeOf = (text: string) => text.length === 1 ? text.charCodeAt(0) : table.get(text)!;
  put(256);
  let string = "";
  for (const byte of input) {
    const longer = string + String.fromCharCode(byte);
    if (longer.length === 1 || table.has(longer)) {
      string = longer;
      continue;
    }
    put(codeOf(string));
    table.set(longer, next++);
    if (next === 4094) {
      put(256);
      table = new Map();
      next = 258;
      bits = 9;
    } else if (next >= 2 ** bits) bits++;
    string = String.fromCharCode(byte);
  }
  if (string !== "") put(codeOf(string));
  put(257);
  if (heldBits > 0) out.push(held * 2 ** (8 - heldBits));
  return Uint8Array.from(out);
}

test("decodeLzw() undoes an encoder on noise, runs and patterns", () => {
  let state = 1;
  const next = () => (state = (state * 48_271) % 2_147_483_647);
  const inputs = [
    new Uint8Array(1),
    new Uint8Array(100_000),
    Uint8Array.from({ length: 20_000 }, () => next() % 256),
    Uint8Array.from({ length: 60_000 }, () => next() % 3),
    Uint8Array.from({ length: 30_000 }, (_, i) => (i * i) >> 8),
  ];
  for (const input of inputs) {
    const output = new Uint8Array(input.length);
    assert.equal(decodeLzw(encode(input), output), input.length);
    assert.deepEqual(output, input);
  }
});

test("decodeLzw() never writes beyond the output", () => {
  const output = new Uint8Array(10);
  assert.equal(decodeLzw(encode(new Uint8Array(5000).fill(7)), output), 10);
  assert.deepEqual(output, new Uint8Array(10).fill(7));
});

test("decodeLzw() gives what there is when the input is cut", () => {
  const code = encode(new Uint8Array(5000).fill(7));
  assert(decodeLzw(code.subarray(0, 20), new Uint8Array(5000)) < 5000);
  assert.equal(decodeLzw(new Uint8Array(), new Uint8Array(5)), 0);
});

test("decodeLzw() refuses a code that refers to no string", () => {
  // clear, then 300 in nine bits
  assert.throws(() => decodeLzw(Uint8Array.of(0x80, 0x4b, 0x00), new Uint8Array(5)), RangeError);
});
