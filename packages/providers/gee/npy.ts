/**
 * The service's answers in NumPy's format: one record a pixel, one field a band.
 *
 * Source: NumPy Enhancement Proposal 1, versions 1.0 to 3.0.
 *
 * @module
 */

import { RsembedError } from "@rsembed/core";

/** Bands of one grid. */
export interface BandPlanes {
  /** Names of the fields, in their order. */
  readonly names: readonly string[];
  /** (C, H, W). */
  readonly data: Float32Array<ArrayBuffer>;
}

/** Longest header that is read, bytes. */
const maxHeaderBytes = 1 << 18;

function corrupt(source: string, state: string): RsembedError {
  return new RsembedError("corrupt", `Cannot read pixels from ${source}: ${state}`, {
    facts: { source },
  });
}

interface Field {
  readonly name: string;
  readonly type: string;
  readonly bigEndian: boolean;
  readonly bytes: number;
}

const readers: Readonly<Record<string, (view: DataView, at: number, little: boolean) => number>> = {
  b1: (view, at) => view.getUint8(at),
  u1: (view, at) => view.getUint8(at),
  i1: (view, at) => view.getInt8(at),
  u2: (view, at, little) => view.getUint16(at, little),
  i2: (view, at, little) => view.getInt16(at, little),
  u4: (view, at, little) => view.getUint32(at, little),
  i4: (view, at, little) => view.getInt32(at, little),
  u8: (view, at, little) => Number(view.getBigUint64(at, little)),
  i8: (view, at, little) => Number(view.getBigInt64(at, little)),
  f4: (view, at, little) => view.getFloat32(at, little),
  f8: (view, at, little) => view.getFloat64(at, little),
};

/** What an answer must hold. */
export interface NpyOptions {
  /** Columns, px. */
  readonly width: number;
  /** Rows, px. */
  readonly height: number;
  /** Who sent it, for messages. */
  readonly source: string;
}

/**
 * Reads a structured array of the asked size; every numeric type becomes float32.
 *
 * @throws {RsembedError} `corrupt` if the bytes are no such array, of another size, or too few or many
 */
export function readNpy(bytes: Uint8Array, { width, height, source }: NpyOptions): BandPlanes {
  const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
  if (bytes.length < 12 || magic.some((byte, i) => bytes[i] !== byte)) {
    const start = new TextDecoder("latin1").decode(bytes.subarray(0, 24)).replace(/[^ -~]/g, ".");
    throw corrupt(source, `it begins with "${start}", not as a NumPy array`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const major = bytes[6]!;
  if (major < 1 || major > 3) throw corrupt(source, `its format version ${major} is not known`);
  const start = major === 1 ? 10 : 12;
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > maxHeaderBytes || start + length > bytes.length) {
    throw corrupt(source, `its header has ${length} bytes of ${bytes.length}`);
  }
  const header = new TextDecoder().decode(bytes.subarray(start, start + length));
  const fields = parseFields(header, source);
  if (/'fortran_order'\s*:\s*True/.test(header)) {
    throw corrupt(source, "its pixels lie column by column");
  }
  const shape = /'shape'\s*:\s*\(\s*(\d{1,9})\s*,\s*(\d{1,9})\s*,?\s*\)/.exec(header);
  if (Number(shape?.[1]) !== height || Number(shape?.[2]) !== width) {
    const has = shape ? `${shape[2]} x ${shape[1]} px` : "no two sides";
    throw corrupt(source, `it has ${has}, ${width} x ${height} px were asked for`);
  }
  const record = fields.reduce((sum, field) => sum + field.bytes, 0);
  const plane = width * height;
  const body = start + length;
  if (bytes.length - body !== plane * record) {
    throw corrupt(
      source,
      `it holds ${bytes.length - body} bytes of pixels, ${plane * record} were announced`,
    );
  }
  const data = new Float32Array(fields.length * plane);
  const words = floatWords(bytes, { body, fields });
  if (words) {
    const step = fields.length;
    for (let band = 0, to = 0; band < step; band++) {
      for (let i = 0, at = band; i < plane; i++, at += step) data[to++] = words[at]!;
    }
    return { names: fields.map(({ name }) => name), data };
  }
  let offset = body;
  fields.forEach((field, band) => {
    const read = readers[field.type]!;
    const little = !field.bigEndian;
    for (let i = 0, at = offset, to = band * plane; i < plane; i++, at += record) {
      data[to++] = read(view, at, little);
    }
    offset += field.bytes;
  });
  return { names: fields.map(({ name }) => name), data };
}

const hostIsLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** The pixels as one typed array, where all are float32 as this machine has it: ten times faster. */
function floatWords(
  bytes: Uint8Array,
  { body, fields }: { readonly body: number; readonly fields: readonly Field[] },
): Float32Array | null {
  const start = bytes.byteOffset + body;
  const isNative = fields.every(({ type, bigEndian }) =>
    type === "f4" && bigEndian !== hostIsLittleEndian
  );
  if (!isNative || start % 4 !== 0) return null;
  return new Float32Array(bytes.buffer, start, (bytes.length - body) / 4);
}

/** The fields of `'descr': [('B4', '<f4'), ...]`, or the one of `'descr': '<f4'`. */
function parseFields(header: string, source: string): Field[] {
  const start = /'descr'\s*:\s*/.exec(header);
  const rest = start ? header.slice(start.index + start[0].length) : "";
  const plain = /^'([<>|=]\w{2})'/.exec(rest);
  if (plain) return [parseType("", plain[1]!, source)];
  const fields: Field[] = [];
  const names = new Set<string>();
  const one = /\s*\(\s*'((?:[^'\\]|\\.)*)'\s*,\s*'([<>|=]\w{2})'\s*\)\s*(,?)/y;
  one.lastIndex = 1;
  while (rest[0] === "[") {
    const match = one.exec(rest);
    if (!match) break;
    const field = parseType(match[1]!.replace(/\\(.)/g, "$1"), match[2]!, source);
    if (names.has(field.name)) throw corrupt(source, `it has two bands "${field.name}"`);
    names.add(field.name);
    fields.push(field);
    if (/^\s*\]/.test(rest.slice(one.lastIndex))) return fields;
    if (match[3] === "") break;
  }
  throw corrupt(source, "its header names no bands of numbers");
}

function parseType(name: string, descr: string, source: string): Field {
  const type = descr.slice(1);
  if (!Object.hasOwn(readers, type)) {
    throw corrupt(source, `band "${name}" has the type ${descr}, numbers are wanted`);
  }
  return { name, type, bigEndian: descr[0] === ">", bytes: Number(type[1]) };
}
