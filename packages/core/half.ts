/**
 * Half precision, for runtimes that have no arrays of it.
 *
 * Source: IEEE 754, binary16.
 *
 * @module
 */

const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

function bitsOf(x: number): number {
  scratch[0] = x;
  const bits = scratchBits[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // 65520 and more
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) {
    // to 10 bits of fraction, halves to the even one
    const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
    return sign | ((rounded - 0x38000000) >>> 13);
  }
  // below 2^-14: multiples of 2^-24, which float32 adds exactly, halves to the even one
  scratch[0] = Math.abs(x) + 0.5;
  return sign | (scratchBits[0]! - 0x3f000000);
}

let table: Float32Array | null = null;

/** Values of all 65,536 patterns: a table is several times faster than arithmetic. */
function valuesOfBits(): Float32Array {
  if (table) return table;
  table = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const exponent = (bits >>> 10) & 31;
    const fraction = bits & 1023;
    const size = exponent === 0
      ? fraction * 2 ** -24
      : exponent === 31
      ? (fraction === 0 ? Infinity : NaN)
      : (1 + fraction / 1024) * 2 ** (exponent - 15);
    table[bits] = bits & 0x8000 ? -size : size;
  }
  return table;
}

/**
 * The bits of the nearest numbers of half precision, halves to the even one; infinite beyond 65504.
 *
 * @example
 * ```ts
 * import { fromHalf, toHalf } from "@rsembed/core";
 * import assert from "node:assert/strict";
 *
 * const bits = toHalf(Float32Array.of(1, 0.1));
 * assert.equal(bits[0], 0x3c00);
 * assert.equal(fromHalf(bits)[1], 0.0999755859375);
 * ```
 */
export function toHalf(values: ArrayLike<number>): Uint16Array<ArrayBuffer> {
  const bits = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) bits[i] = bitsOf(values[i]!);
  return bits;
}

/** The numbers of half precision with these bits. */
export function fromHalf(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const values = valuesOfBits();
  const out = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) out[i] = values[bits[i]!]!;
  return out;
}
