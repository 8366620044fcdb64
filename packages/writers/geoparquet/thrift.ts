/**
 * Thrift's compact protocol, as far as Parquet's headers need it.
 *
 * Source: Apache Thrift, `doc/specs/thrift-compact-protocol.md`.
 *
 * @module
 */

/** A value of a field: tagged, as the protocol has several kinds of numbers. */
export type ThriftValue =
  | { readonly i32: number }
  | { readonly i64: number }
  | { readonly i8: number }
  | { readonly bool: boolean }
  | { readonly text: string }
  | { readonly bytes: Uint8Array }
  | { readonly struct: ThriftStruct }
  | { readonly list: readonly ThriftValue[] };

/** Fields of a struct by their number; those that are `null` are left out. */
export type ThriftStruct = Readonly<Record<number, ThriftValue | null>>;

const codes = { true: 1, false: 2, i8: 3, i32: 5, i64: 6, binary: 8, list: 9, struct: 12 } as const;

function codeOf(value: ThriftValue): number {
  if ("i32" in value) return codes.i32;
  if ("i64" in value) return codes.i64;
  if ("i8" in value) return codes.i8;
  if ("bool" in value) return value.bool ? codes.true : codes.false;
  if ("struct" in value) return codes.struct;
  if ("list" in value) return codes.list;
  return codes.binary;
}

function pushVarint(out: number[], value: bigint): void {
  let rest = value;
  while (rest >= 0x80n) {
    out.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  out.push(Number(rest));
}

function zigzag(value: number): bigint {
  const wide = BigInt(value);
  return wide >= 0n ? wide << 1n : ((-wide) << 1n) - 1n;
}

function pushBytes(out: number[], bytes: Uint8Array): void {
  pushVarint(out, BigInt(bytes.length));
  for (const byte of bytes) out.push(byte);
}

function pushValue(out: number[], value: ThriftValue): void {
  if ("i32" in value) pushVarint(out, zigzag(value.i32));
  else if ("i64" in value) pushVarint(out, zigzag(value.i64));
  else if ("i8" in value) out.push(value.i8 & 0xff);
  else if ("text" in value) pushBytes(out, new TextEncoder().encode(value.text));
  else if ("bytes" in value) pushBytes(out, value.bytes);
  else if ("struct" in value) pushStruct(out, value.struct);
  else if ("list" in value) {
    const { list } = value;
    const code = list[0] ? codeOf(list[0]) : codes.struct;
    if (list.length < 15) out.push((list.length << 4) | code);
    else {
      out.push(0xf0 | code);
      pushVarint(out, BigInt(list.length));
    }
    for (const item of list) pushValue(out, item);
  }
  // a boolean is told by its code
}

function pushStruct(out: number[], fields: ThriftStruct): void {
  let last = 0;
  for (const [key, value] of Object.entries(fields)) {
    if (value === null) continue;
    const id = Number(key);
    const delta = id - last;
    if (delta >= 1 && delta <= 15) out.push((delta << 4) | codeOf(value));
    else {
      out.push(codeOf(value));
      pushVarint(out, zigzag(id));
    }
    pushValue(out, value);
    last = id;
  }
  out.push(0);
}

/** A struct as bytes. */
export function encodeThrift(fields: ThriftStruct): Uint8Array {
  const out: number[] = [];
  pushStruct(out, fields);
  return Uint8Array.from(out);
}
