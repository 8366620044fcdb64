/**
 * The directories of a TIFF or BigTIFF file's images.
 *
 * The `geotiff` package reads directories too, but 3.0.5 takes tables of offsets for little-endian
 * whatever the file says, and allocates what a count declares before looking at the file's length.
 *
 * Source: TIFF 6.0, sections 2 and 8; the BigTIFF design of libtiff.
 *
 * @module
 */

import { RsembedError } from "@rsembed/core";
import type { ByteFile } from "./byte_file.ts";

/** Tags that are read, by their numbers. */
export const tags = {
  newSubfileType: 254,
  imageWidth: 256,
  imageLength: 257,
  bitsPerSample: 258,
  compression: 259,
  stripOffsets: 273,
  samplesPerPixel: 277,
  rowsPerStrip: 278,
  stripByteCounts: 279,
  planarConfiguration: 284,
  dateTime: 306,
  predictor: 317,
  tileWidth: 322,
  tileLength: 323,
  tileOffsets: 324,
  tileByteCounts: 325,
  sampleFormat: 339,
  modelPixelScale: 33550,
  modelTiepoint: 33922,
  modelTransformation: 34264,
  geoKeys: 34735,
  gdalMetadata: 42112,
  gdalNodata: 42113,
  lercParameters: 50674,
} as const;

/** Name of a tag. */
export type TagName = keyof typeof tags;

/** An image's tags. */
export interface TiffDirectory {
  readonly littleEndian: boolean;
  has(tag: TagName): boolean;
  /** All values of a tag of numbers; empty where the tag is missing. */
  numbers(tag: TagName): Promise<ArrayLike<number>>;
  /** The first value, or `fallback` where the tag is missing. */
  number<F>(tag: TagName, fallback: F): Promise<number | F>;
  /** A tag of text without its closing zero, or `null`. */
  text(tag: TagName): Promise<string | null>;
}

interface Entry {
  readonly type: number;
  readonly count: number;
  /** Where the values lie in the file. */
  readonly offset: number;
}

/** Bytes of a value of each TIFF type. */
const typeBytes: Readonly<Record<number, number>> = {
  1: 1,
  2: 1,
  3: 2,
  4: 4,
  5: 8,
  6: 1,
  7: 1,
  8: 2,
  9: 4,
  10: 8,
  11: 4,
  12: 8,
  13: 4,
  16: 8,
  17: 8,
  18: 8,
};

/** Most values of a tag: offsets of 16 million blocks. */
const maxValues = 2 ** 24;

function corrupt(path: string, state: string): RsembedError {
  return new RsembedError("corrupt", `Cannot read "${path}" as TIFF: ${state}`, {
    facts: { source: path },
  });
}

function readNumber(view: DataView, type: number, at: number, little: boolean): number {
  switch (type) {
    case 1:
    case 2:
    case 7:
      return view.getUint8(at);
    case 3:
      return view.getUint16(at, little);
    case 4:
    case 13:
      return view.getUint32(at, little);
    case 5:
      return view.getUint32(at, little) / view.getUint32(at + 4, little);
    case 6:
      return view.getInt8(at);
    case 8:
      return view.getInt16(at, little);
    case 9:
      return view.getInt32(at, little);
    case 10:
      return view.getInt32(at, little) / view.getInt32(at + 4, little);
    case 11:
      return view.getFloat32(at, little);
    case 12:
      return view.getFloat64(at, little);
    case 17:
      return Number(view.getBigInt64(at, little));
    default:
      return Number(view.getBigUint64(at, little));
  }
}

function viewOf(bytes: Uint8Array<ArrayBuffer>): DataView<ArrayBuffer> {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** How a file numbers its bytes. */
interface Header {
  readonly little: boolean;
  readonly big: boolean;
  /** Where the first directory lies. */
  readonly first: number;
}

async function readHeader(file: ByteFile): Promise<Header> {
  if (file.size < 8) throw corrupt(file.path, `it has only ${file.size} bytes`);
  const head = viewOf(await file.read(0, Math.min(16, file.size)));
  const order = head.getUint16(0);
  if (order !== 0x4949 && order !== 0x4d4d) {
    throw corrupt(file.path, "it does not start with II or MM");
  }
  const little = order === 0x4949;
  const version = head.getUint16(2, little);
  if (version !== 42 && version !== 43) throw corrupt(file.path, `its version is ${version}`);
  const big = version === 43;
  if (big && (file.size < 16 || head.getUint16(4, little) !== 8)) {
    throw corrupt(file.path, "its BigTIFF header is broken");
  }
  const first = big ? Number(head.getBigUint64(8, little)) : head.getUint32(4, little);
  return { little, big, first };
}

/**
 * Reads the directory of the first image.
 *
 * @throws {RsembedError} `corrupt` if the file is no TIFF, or ends before its directory does
 */
export async function readTiffDirectory(file: ByteFile): Promise<TiffDirectory> {
  const header = await readHeader(file);
  return (await readDirectory(file, header, header.first)).directory;
}

/** Directories of a file at most. */
const maxDirectories = 64;

/**
 * Reads the directories of all images, as those of overviews.
 *
 * @throws {RsembedError} `corrupt` if the file is no TIFF, ends before a directory does, or its directories
 * go round in a circle
 */
export async function readTiffDirectories(file: ByteFile): Promise<TiffDirectory[]> {
  const header = await readHeader(file);
  const all: TiffDirectory[] = [];
  for (let at = header.first; at !== 0;) {
    if (all.length >= maxDirectories) {
      throw corrupt(file.path, `it has more than ${maxDirectories} images`);
    }
    const { directory, next } = await readDirectory(file, header, at);
    all.push(directory);
    at = next;
  }
  return all;
}

async function readDirectory(
  file: ByteFile,
  { little, big }: Header,
  start: number,
): Promise<{ readonly directory: TiffDirectory; readonly next: number }> {
  const countBytes = big ? 8 : 2;
  const counted = viewOf(await file.read(start, countBytes));
  const count = big ? Number(counted.getBigUint64(0, little)) : counted.getUint16(0, little);
  if (!(count >= 1 && count <= 65_535)) throw corrupt(file.path, `its directory has ${count} tags`);
  const entryBytes = big ? 20 : 12;
  const inlineBytes = big ? 8 : 4;
  const entriesBytes = count * entryBytes;
  // some writers leave out where the next one is, at the end of the file
  const end = start + countBytes + entriesBytes;
  const hasNext = end + inlineBytes <= file.size;
  const body = viewOf(
    await file.read(start + countBytes, entriesBytes + (hasNext ? inlineBytes : 0)),
  );
  const pointer = (at: number) =>
    big ? Number(body.getBigUint64(at, little)) : body.getUint32(at, little);
  const entries = new Map<number, Entry>();
  for (let i = 0; i < count; i++) {
    const at = i * entryBytes;
    const type = body.getUint16(at + 2, little);
    const values = big ? Number(body.getBigUint64(at + 4, little)) : body.getUint32(at + 4, little);
    const valueAt = at + entryBytes - inlineBytes;
    const bytes = (typeBytes[type] ?? 0) * values;
    const inline = bytes <= inlineBytes;
    const offset = inline ? start + countBytes + valueAt : pointer(valueAt);
    entries.set(body.getUint16(at, little), { type, count: values, offset });
  }
  return {
    directory: directory({ file, little, entries }),
    next: hasNext ? pointer(entriesBytes) : 0,
  };
}

function directory(
  { file, little, entries }: { file: ByteFile; little: boolean; entries: Map<number, Entry> },
): TiffDirectory {
  async function bytesOf(tag: TagName): Promise<{ entry: Entry; bytes: Uint8Array<ArrayBuffer> }> {
    const entry = entries.get(tags[tag])!;
    const each = typeBytes[entry.type];
    if (each === undefined) {
      throw corrupt(file.path, `tag ${tag} has the unknown type ${entry.type}`);
    }
    if (entry.count > maxValues) {
      throw new RsembedError(
        "limit",
        `Cannot read "${file.path}": tag ${tag} has ${entry.count} values, at most ${maxValues} are read`,
        { facts: { limit: "values of a tag", max: maxValues, actual: entry.count } },
      );
    }
    return { entry, bytes: await file.read(entry.offset, each * entry.count) };
  }
  async function numbers(tag: TagName): Promise<ArrayLike<number>> {
    if (!entries.has(tags[tag])) return [];
    const { entry, bytes } = await bytesOf(tag);
    const view = viewOf(bytes);
    const each = typeBytes[entry.type]!;
    const values = new Float64Array(entry.count);
    for (let i = 0; i < values.length; i++) {
      values[i] = readNumber(view, entry.type, i * each, little);
    }
    return values;
  }
  return {
    littleEndian: little,
    has: (tag) => entries.has(tags[tag]),
    numbers,
    async number(tag, fallback) {
      return (await numbers(tag))[0] ?? fallback;
    },
    async text(tag) {
      if (!entries.has(tags[tag])) return null;
      const { bytes } = await bytesOf(tag);
      return new TextDecoder().decode(bytes).replace(/\0[^]*$/, "");
    },
  };
}
