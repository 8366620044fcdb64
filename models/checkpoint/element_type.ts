/**
 * Stored element types, and their values as float32. All formats here are little-endian, as is every
 * platform that the supported runtimes have.
 *
 * @module
 */

import { bytesPerElement, type Dtype } from "@rsembed/core";

/** Element types that checkpoints store. */
export type ElementType = Dtype | "bfloat16";

/** Bytes of one element. */
export function elementBytes(type: ElementType): number {
  return type === "bfloat16" ? 2 : bytesPerElement[type];
}

let halves: Float32Array | undefined;

/** Values of all 65,536 float16 patterns: a table is several times faster than arithmetic. */
function halfTable(): Float32Array {
  if (halves) return halves;
  const table = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 31) table[bits] = fraction === 0 ? sign * Infinity : NaN;
    else if (exponent === 0) table[bits] = sign * fraction * 2 ** -24;
    else table[bits] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return halves = table;
}

type Convert = (buffer: ArrayBuffer, into: Float32Array<ArrayBuffer>) => void;

const converters: { readonly [T in ElementType]: Convert } = {
  float32: (buffer, into) => into.set(new Float32Array(buffer, 0, into.length)),
  float64: (buffer, into) => into.set(new Float64Array(buffer, 0, into.length)),
  float16(buffer, into) {
    const table = halfTable();
    const bits = new Uint16Array(buffer, 0, into.length);
    for (let i = 0; i < bits.length; i++) into[i] = table[bits[i]!]!;
  },
  bfloat16(buffer, into) {
    const bits = new Uint16Array(buffer, 0, into.length);
    const wide = new Uint32Array(into.buffer, into.byteOffset, into.length);
    for (let i = 0; i < bits.length; i++) wide[i] = bits[i]! << 16;
  },
  int8: (buffer, into) => into.set(new Int8Array(buffer, 0, into.length)),
  int16: (buffer, into) => into.set(new Int16Array(buffer, 0, into.length)),
  int32: (buffer, into) => into.set(new Int32Array(buffer, 0, into.length)),
  int64(buffer, into) {
    const values = new BigInt64Array(buffer, 0, into.length);
    for (let i = 0; i < values.length; i++) into[i] = Number(values[i]!);
  },
  uint8: (buffer, into) => into.set(new Uint8Array(buffer, 0, into.length)),
  uint16: (buffer, into) => into.set(new Uint16Array(buffer, 0, into.length)),
  uint32: (buffer, into) => into.set(new Uint32Array(buffer, 0, into.length)),
  uint64(buffer, into) {
    const values = new BigUint64Array(buffer, 0, into.length);
    for (let i = 0; i < values.length; i++) into[i] = Number(values[i]!);
  },
  bool(buffer, into) {
    const values = new Uint8Array(buffer, 0, into.length);
    for (let i = 0; i < values.length; i++) into[i] = values[i] === 0 ? 0 : 1;
  },
};

/** Converts the first `into.length` elements of a buffer; integers beyond 2^24 are rounded. */
export function toFloat32(
  type: ElementType,
  buffer: ArrayBuffer,
  into: Float32Array<ArrayBuffer>,
): void {
  converters[type](buffer, into);
}
