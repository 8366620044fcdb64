import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHalf, toHalf } from "./mod.ts";

test("toHalf() gives back the bits of every number that fromHalf() gives", () => {
  const bits = Uint16Array.from({ length: 65536 }, (_, i) => i);
  const values = fromHalf(bits);
  const back = toHalf(values);
  for (let i = 0; i < 65536; i++) {
    if (Number.isNaN(values[i])) assert.equal(back[i]! & 0x7e00, 0x7e00);
    else assert.equal(back[i], i);
  }
});

test("toHalf() rounds to the nearest number, halves to the even one", () => {
  const bits = Uint16Array.from({ length: 0x7c00 }, (_, i) => i);
  const values = fromHalf(bits);
  for (let i = 0; i + 1 < values.length; i += 7) {
    const [low, high] = [values[i]!, values[i + 1]!];
    const middle = (low + high) / 2;
    const beyond = middle + (high - low) / 8;
    const before = middle - (high - low) / 8;
    assert.deepEqual([...toHalf([before, middle, beyond])], [i, i + i % 2, i + 1]);
    assert.equal(toHalf([-before])[0], 0x8000 | i);
  }
  assert.deepEqual([...toHalf([65519.99, 65520, Infinity])], [0x7bff, 0x7c00, 0x7c00]);
});
