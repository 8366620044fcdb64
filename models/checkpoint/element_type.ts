/**
 * Stored element types, and their values as float32. All formats here are little-endian, as is every
 * platform that the supported runtimes have.
 *
 * @module
 */

import { bytesPerElement, type Dtype, fromHalf } from "@rsembed/core";

/** Element types that checkpoints store. */
export type ElementType = Dtype | "bfloat16";

/** Bytes of one element. */
export function elementBytes(type: ElementType): number {
  return type === "bfloat16" ? 2 : bytesPerElement[type];
}

type Convert = (buffer: ArrayBuffer, into: Float32Array<ArrayBuffer>) => void;

const converters: { readonly [T in ElementType]: Convert } = {
  float32: (buffer, into) => into.set(new Float32Array(buffer, 0, into.length)),
  float64: (buffer, into) => into.set(new Float64Array(buffer, 0, into.length)),
  float16: (buffer, into) => into.set(fromHalf(new Uint16Array(buffer, 0, into.length))),
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
