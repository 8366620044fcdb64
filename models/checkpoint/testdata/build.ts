/**
 * Hand-made files for tests: zips, pickles and safetensors in any state of health.
 *
 * @module
 */

import { crc32, deflateRawSync } from "node:zlib";
import { concatBytes } from "@rsembed/core";

type Bytes = Uint8Array<ArrayBuffer>;

/** One entry of {@linkcode buildZip}; the fields after `bytes` are lies for the directory. */
export interface BuiltEntry {
  readonly name: string;
  readonly bytes: Bytes;
  readonly deflate?: boolean;
  readonly size?: number;
  readonly crc?: number;
  readonly headerOffset?: number;
}

/** Little-endian fields: [bytes, value] pairs. */
export function fields(...pairs: readonly (readonly [number, number])[]): Bytes {
  return concatBytes(pairs.map(([width, value]) => {
    const out = new Uint8Array(width);
    let left = BigInt(value);
    for (let i = 0; i < width; i++, left >>= 8n) out[i] = Number(left & 255n);
    return out;
  }));
}

export function ascii(text: string): Bytes {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** A zip file; with `zip64`, every size and offset stands in zip64 fields. */
export function buildZip(
  entries: readonly BuiltEntry[],
  { zip64 = false, comment = "" }: { zip64?: boolean; comment?: string } = {},
): Bytes {
  const parts: Bytes[] = [];
  const directory: Bytes[] = [];
  let at = 0;
  const add = (part: Bytes) => {
    parts.push(part);
    at += part.length;
  };
  for (const entry of entries) {
    const name = new TextEncoder().encode(entry.name);
    const data = entry.deflate ? new Uint8Array(deflateRawSync(entry.bytes)) : entry.bytes;
    const method = entry.deflate ? 8 : 0;
    const crc = entry.crc ?? crc32(entry.bytes);
    const size = entry.size ?? entry.bytes.length;
    const packed = entry.size !== undefined && !entry.deflate ? size : data.length;
    const offset = entry.headerOffset ?? at;
    add(fields([4, 0x04034b50], [2, 45], [2, 0], [2, method], [4, 0], [4, crc], [4, data.length]));
    add(fields([4, entry.bytes.length], [2, name.length], [2, 0]));
    add(concatBytes([name, data]));
    const wide = zip64 || offset > 0xfffffffe || size > 0xfffffffe || packed > 0xfffffffe;
    const extra = wide
      ? fields([2, 0xcafe], [2, 1], [1, 0], [2, 1], [2, 24], [8, size], [8, packed], [8, offset])
      : new Uint8Array(0);
    const narrow = (value: number) => wide ? 0xffffffff : value;
    directory.push(
      fields([4, 0x02014b50], [2, 45], [2, 45], [2, 0], [2, method], [4, 0], [4, crc]),
      fields([4, narrow(packed)], [4, narrow(size)], [2, name.length], [2, extra.length]),
      fields([2, 0], [2, 0], [2, 0], [4, 0], [4, narrow(offset)]),
      concatBytes([name, extra]),
    );
  }
  const start = at;
  const list = concatBytes(directory);
  add(list);
  const n = entries.length;
  if (zip64) {
    const record = at;
    add(fields([4, 0x06064b50], [8, 44], [2, 45], [2, 45], [4, 0], [4, 0]));
    add(fields([8, n], [8, n], [8, list.length], [8, start]));
    add(fields([4, 0x07064b50], [4, 0], [8, record], [4, 1]));
  }
  const narrow = (value: number, most: number) => zip64 ? most : value;
  const most = 0xffffffff;
  add(fields([4, 0x06054b50], [4, 0], [2, narrow(n, 0xffff)], [2, narrow(n, 0xffff)]));
  add(fields([4, narrow(list.length, most)], [4, narrow(start, most)], [2, comment.length]));
  add(ascii(comment));
  return concatBytes(parts);
}

type Opcode =
  | "proto"
  | "mark"
  | "stop"
  | "none"
  | "emptyDict"
  | "emptyList"
  | "setItem"
  | "append"
  | "tuple"
  | "reduce"
  | "persistent"
  | "pop";

/** Opcodes of pickles without operands, enough to write any bomb. */
export const code: Readonly<Record<Opcode, Bytes>> = {
  proto: ascii("\x80\x02"),
  mark: ascii("("),
  stop: ascii("."),
  none: ascii("N"),
  emptyDict: ascii("}"),
  emptyList: ascii("]"),
  setItem: ascii("s"),
  append: ascii("a"),
  tuple: ascii("t"),
  reduce: ascii("R"),
  persistent: ascii("Q"),
  pop: ascii("0"),
};

/** Opcodes with operands. */
export const op = {
  int: (value: number): Bytes => concatBytes([ascii("J"), fields([4, value])]),
  big: (value: number): Bytes => concatBytes([ascii("\x8a\x08"), fields([8, value])]),
  text: (value: string): Bytes => concatBytes([ascii("X"), fields([4, value.length]), ascii(value)]),
  global: (module: string, name: string): Bytes => ascii(`c${module}\n${name}\n`),
  put: (key: number): Bytes => concatBytes([ascii("r"), fields([4, key])]),
  get: (key: number): Bytes => concatBytes([ascii("j"), fields([4, key])]),
};

/** Pickle of a call of `_rebuild_tensor_v2`. */
export function tensorPickle(
  { type = "FloatStorage", key = "0", length, offset = 0, shape, stride }: {
    type?: string;
    key?: string;
    length: number;
    offset?: number;
    shape: readonly number[];
    stride: readonly number[];
  },
): Bytes {
  const tuple = (parts: readonly Bytes[]) => concatBytes([code.mark, ...parts, code.tuple]);
  const storage = concatBytes([
    tuple([op.text("storage"), op.global("torch", type), op.text(key), op.text("cpu"), op.big(length)]),
    code.persistent,
  ]);
  return concatBytes([
    op.global("torch._utils", "_rebuild_tensor_v2"),
    tuple([storage, op.big(offset), tuple(shape.map(op.big)), tuple(stride.map(op.big)), code.none, code.none]),
    code.reduce,
  ]);
}

/** Pickle of a dict. */
export function dictPickle(entries: Readonly<Record<string, Uint8Array>>): Bytes {
  const items = Object.entries(entries).flatMap(([key, value]) => [op.text(key), value, code.setItem]);
  return concatBytes([code.emptyDict, ...items]);
}

/** A file as `torch.save` writes it, around any pickle. */
export function buildTorch(
  value: Uint8Array,
  storages: Readonly<Record<string, Bytes>> = {},
  options: { zip64?: boolean; deflate?: boolean } = {},
): Bytes {
  const { deflate = false } = options;
  return buildZip([
    { name: "archive/data.pkl", bytes: concatBytes([code.proto, value, code.stop]), deflate },
    ...Object.entries(storages).map(([key, bytes]) => ({ name: `archive/data/${key}`, bytes, deflate })),
  ], options);
}

/** A safetensors file. */
export function buildSafetensors(header: unknown, bodyBytes: number): Bytes {
  const text = typeof header === "string" ? header : JSON.stringify(header);
  const bytes = new TextEncoder().encode(text);
  return concatBytes([fields([8, bytes.length]), bytes, new Uint8Array(bodyBytes)]);
}
