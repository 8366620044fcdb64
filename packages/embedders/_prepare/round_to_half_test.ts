import assert from "node:assert/strict";
import { test } from "node:test";
import { halfToFloat } from "../_suite/half.ts";
import { roundToHalf } from "./round_to_half.ts";

test("roundToHalf() keeps every number of half precision", () => {
  for (let bits = 0; bits < 0x7c00; bits++) {
    const value = halfToFloat(bits);
    assert.equal(roundToHalf(value), value);
    assert.equal(roundToHalf(-value), -value);
  }
});

test("roundToHalf() takes the nearest, of two the even one", () => {
  for (let bits = 1; bits < 0x7bff; bits += 37) {
    const [low, high] = [halfToFloat(bits), halfToFloat(bits + 1)];
    const middle = (low + high) / 2;
    assert.equal(roundToHalf(middle), bits % 2 === 0 ? low : high);
    assert.equal(roundToHalf(low + (high - low) * 0.4), low);
    assert.equal(roundToHalf(low + (high - low) * 0.6), high);
  }
});

test("roundToHalf() overflows where half precision does", () => {
  assert.equal(roundToHalf(65519), 65504);
  assert.equal(roundToHalf(65520), Infinity);
  assert.equal(roundToHalf(-1e9), -Infinity);
  assert(Number.isNaN(roundToHalf(NaN)));
});
