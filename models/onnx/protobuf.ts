/**
 * The protobuf wire format, as far as ONNX needs it, for writing.
 *
 * Source: "Encoding", protobuf.dev: varints, and fields of wire types 0 (varint), 2 (length-delimited) and
 * 5 (four bytes).
 *
 * @module
 */

const text = new TextEncoder();

/** Bytes of an int64 as a varint; negative numbers take ten, as two's complement. */
function varint(value: number): Uint8Array<ArrayBuffer> {
  if (!Number.isSafeInteger(value)) throw new RangeError(`Cannot write ${value} as an integer`);
  // bit operations would cut at 32 bits
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

/** A message being written, field by field. */
export class ProtoMessage {
  readonly #parts: Uint8Array<ArrayBuffer>[] = [];
  /** Bytes so far. */
  length = 0;

  #push(part: Uint8Array<ArrayBuffer>): this {
    this.#parts.push(part);
    this.length += part.length;
    return this;
  }

  #tag(field: number, wireType: number): this {
    return this.#push(varint(field * 8 + wireType));
  }

  /** A whole number or enum. */
  int(field: number, value: number): this {
    return this.#tag(field, 0).#push(varint(value));
  }

  /** A repeated whole number, one field each. */
  ints(field: number, values: readonly number[]): this {
    for (const value of values) this.int(field, value);
    return this;
  }

  /** A float32. */
  float(field: number, value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.#tag(field, 5).#push(bytes);
  }

  /** Raw bytes, used and not copied. */
  bytes(field: number, value: Uint8Array<ArrayBuffer>): this {
    return this.#tag(field, 2).#push(varint(value.length)).#push(value);
  }

  /** Text as UTF-8. */
  string(field: number, value: string): this {
    return this.bytes(field, text.encode(value));
  }

  /** A message inside this one. */
  message(field: number, value: ProtoMessage): this {
    this.#tag(field, 2).#push(varint(value.length));
    for (const part of value.#parts) this.#push(part);
    return this;
  }

  /** All bytes, in one buffer. */
  finish(): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(this.length);
    let offset = 0;
    for (const part of this.#parts) {
      out.set(part, offset);
      offset += part.length;
    }
    return out;
  }
}
