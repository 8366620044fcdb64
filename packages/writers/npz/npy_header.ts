/**
 * Headers of `.npy` arrays.
 *
 * Source: numpy `lib/format.py`, "NPY format", versions 1.0 to 3.0.
 *
 * @module
 */

import { bytesPerElement, type Dtype, RsembedError, sizeOf } from "@rsembed/core";
import { pythonShape } from "../array_sha1.ts";
import type { ArrayInfo } from "../writer.ts";

/** What a header says. */
export interface NpyHeader extends ArrayInfo {
  /** Values lie column by column. */
  readonly fortranOrder: boolean;
  /** Values are big-endian. */
  readonly bigEndian: boolean;
}

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59] as const; // \x93NUMPY
/** Longest header that is read, bytes; those of plain arrays are 128 to 192. */
const maxHeaderBytes = 65_536;
/** numpy's own limit. */
const maxAxes = 64;

const codes: { readonly [D in Dtype]: string } = {
  float32: "f4",
  float64: "f8",
  float16: "f2",
  int8: "i1",
  int16: "i2",
  int32: "i4",
  int64: "i8",
  uint8: "u1",
  uint16: "u2",
  uint32: "u4",
  uint64: "u8",
  bool: "b1",
};

/**
 * A version 1.0 header, padded so that the values begin at a multiple of 64 bytes.
 *
 * @throws {RangeError} If a side is no whole number >= 0, or there are more than 64
 */
export function encodeNpyHeader({ dtype, shape }: ArrayInfo): Uint8Array<ArrayBuffer> {
  if (shape.length > maxAxes || shape.some((n) => !Number.isSafeInteger(n) || n < 0)) {
    throw new RangeError(`Cannot write an array of shape (${shape})`);
  }
  const order = bytesPerElement[dtype] === 1 ? "|" : "<";
  const text = `{'descr': '${order}${codes[dtype]}', 'fortran_order': False, 'shape': ${
    pythonShape(shape)
  }, }`;
  const total = Math.ceil((10 + text.length + 1) / 64) * 64;
  const header = new Uint8Array(total).fill(0x20);
  header.set([...magic, 1, 0]);
  new DataView(header.buffer).setUint16(8, total - 10, true);
  header.set(new TextEncoder().encode(text), 10);
  header[total - 1] = 0x0a;
  return header;
}

/** Bytes of an array that has `header`. */
export function npyDataBytes({ dtype, shape }: ArrayInfo): number {
  return sizeOf(shape) * bytesPerElement[dtype];
}

/** One value of the subset of Python literals that headers use. */
type Literal = string | number | boolean | readonly (string | number | boolean)[];

/** Reads `{'key': value, ...}`; anything else is `null`. */
function parseDict(text: string): Map<string, Literal> | null {
  const token = /\s*(?:'([^'\\]*)'|"([^"\\]*)"|(\d{1,16})L?|(True|False)|([{}()\[\]:,]))/y;
  const next = ():
    | { readonly value?: string | number | boolean; readonly mark?: string }
    | null => {
    const match = token.exec(text);
    if (!match) return null;
    const [, single, double, digits, boolean, mark] = match;
    if (mark !== undefined) return { mark };
    return { value: single ?? double ?? (digits ? Number(digits) : boolean === "True") };
  };
  // nothing that is read nests deeper than a tuple in the dict; a list is a structured type
  const parseTuple = (): Literal | null => {
    const items: (string | number | boolean)[] = [];
    for (let wantsItem = true;; wantsItem = !wantsItem) {
      const part = next();
      if (part?.mark === ")") return items;
      if (wantsItem ? part?.value === undefined : part?.mark !== ",") return null;
      if (wantsItem) items.push(part!.value!);
      if (items.length > maxAxes) return null;
    }
  };
  const dict = new Map<string, Literal>();
  if (next()?.mark !== "{") return null;
  for (let wantsItem = true;; wantsItem = !wantsItem) {
    const key = next();
    if (key?.mark === "}") break;
    if (!wantsItem) {
      if (key?.mark !== ",") return null;
      continue;
    }
    if (typeof key?.value !== "string" || dict.has(key.value) || next()?.mark !== ":") return null;
    const part = next();
    const value = part?.mark === "(" ? parseTuple() : part?.value ?? null;
    if (value === null) return null;
    dict.set(key.value, value);
  }
  return text.slice(token.lastIndex).trim() === "" ? dict : null;
}

/** How many bytes of a file must be read before the length of its header is known. */
export const npyPrefixBytes = 12;

/**
 * Where the values begin, from the first {@linkcode npyPrefixBytes} bytes.
 *
 * @throws {RsembedError} `corrupt` if it is no `.npy`, `unsupported` for other versions, `limit` for an
 * overlong header
 */
export function npyDataOffset(prefix: Uint8Array, source: string): number {
  if (prefix.length < npyPrefixBytes || magic.some((byte, i) => prefix[i] !== byte)) {
    throw new RsembedError("corrupt", `Cannot read "${source}": it is no .npy array`, {
      facts: { source },
    });
  }
  const major = prefix[6]!;
  if (major < 1 || major > 3) {
    throw new RsembedError(
      "unsupported",
      `Cannot read "${source}": it has version ${major} of the .npy format, 1 to 3 are known`,
      { facts: { feature: `npy ${major}` } },
    );
  }
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  const offset = major === 1 ? 10 + view.getUint16(8, true) : 12 + view.getUint32(8, true);
  if (offset > maxHeaderBytes) {
    throw new RsembedError(
      "limit",
      `Cannot read "${source}": its header has ${offset} bytes, at most ${maxHeaderBytes} are read`,
      { facts: { limit: "npy header bytes", max: maxHeaderBytes, actual: offset } },
    );
  }
  return offset;
}

/**
 * Reads a header of {@linkcode npyDataOffset} bytes.
 *
 * @throws {RsembedError} `corrupt` if it is damaged; `unsupported` for pickled objects, records, text,
 * dates, complex numbers and other elements that core's dtypes do not cover
 */
export function decodeNpyHeader(bytes: Uint8Array, source: string): NpyHeader {
  const corrupt = (state: string): RsembedError =>
    new RsembedError("corrupt", `Cannot read "${source}": ${state}`, { facts: { source } });
  const unsupported = (feature: string, state: string): RsembedError =>
    new RsembedError("unsupported", `Cannot read "${source}": ${state}`, { facts: { feature } });
  const text = new TextDecoder().decode(bytes.subarray(bytes[6] === 1 ? 10 : 12));
  if (/'descr'\s*:\s*\[/.test(text)) {
    throw unsupported("npy records", "it holds records, plain numbers are read");
  }
  const dict = parseDict(text);
  const descr = dict?.get("descr");
  const fortranOrder = dict?.get("fortran_order");
  const shape = dict?.get("shape");
  if (
    typeof descr !== "string" || typeof fortranOrder !== "boolean" || !Array.isArray(shape) ||
    !shape.every((side) => Number.isSafeInteger(side))
  ) {
    throw corrupt("its .npy header is damaged");
  }
  const order = descr[0] ?? "";
  const code = descr.slice(1);
  const dtype = (Object.keys(codes) as Dtype[]).find((name) => codes[name] === code);
  if (code.startsWith("O") || order === "O") {
    throw unsupported("npy objects", "it holds pickled Python objects, which are never loaded");
  }
  if (!"<>=|".includes(order) || !dtype || (order === "|" && bytesPerElement[dtype] > 1)) {
    throw unsupported(`npy ${descr}`, `it holds elements of type ${descr}, plain numbers are read`);
  }
  const sides: readonly number[] = shape;
  if (!Number.isSafeInteger(npyDataBytes({ dtype, shape: sides }))) {
    throw corrupt(`its shape (${sides}) is too large`);
  }
  return { dtype, shape: sides, fortranOrder, bigEndian: order === ">" };
}
