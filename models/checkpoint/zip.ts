/**
 * The directory of a zip file, read by position. Nothing is ever extracted: entries are looked up by name
 * and read in place.
 *
 * Source: PKWARE APPNOTE 6.3.10, sections 4.3 (records), 4.5.3 (zip64).
 *
 * @module
 */

import { promisify } from "node:util";
import { inflateRaw, type InputType, type ZlibOptions } from "node:zlib";
import type { RunOptions } from "@rsembed/core";
import { type ByteSource, readBytes } from "./byte_source.ts";
import { corrupt, overLimit, unsupported } from "./refusal.ts";
import type { Storage } from "./tensor_view.ts";

/** An entry of a zip's central directory. */
export interface ZipEntry {
  readonly name: string;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly crc32: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly headerOffset: number;
  /** Where the next entry or the directory begins: nothing of this one lies beyond. */
  readonly endBefore: number;
}

const endSize = 22;
const locatorSize = 20;
const end64Size = 56;
const entrySize = 46;
const headerSize = 30;
const maxComment = 0xffff;
const maxDirectoryBytes = 1 << 26;
/** No deflate stream grows by more than this factor. */
const maxInflation = 1032;

interface DirectoryRange {
  readonly count: number;
  readonly size: number;
  readonly offset: number;
  /** Where the records after the directory begin. */
  readonly end: number;
}

function u64(view: DataView, at: number): number {
  // beyond 2^53 the value is inexact, and larger than any file: every use is checked against the length
  return Number(view.getBigUint64(at, true));
}

function viewOf(bytes: Uint8Array<ArrayBuffer>): DataView<ArrayBuffer> {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Finds the directory through the record at the end of the file. */
async function findDirectory(source: ByteSource, options: RunOptions): Promise<DirectoryRange> {
  const length = Math.min(source.byteLength, endSize + maxComment);
  const tailStart = source.byteLength - length;
  const tail = viewOf(
    await readBytes(source, { position: tailStart, length, what: "end record" }, options),
  );
  let at = length - endSize;
  // a comment may hold the signature: the right record is the one whose comment ends the file
  const fits = () =>
    tail.getUint32(at, true) === 0x06054b50 &&
    at + endSize + tail.getUint16(at + 20, true) === length;
  while (at >= 0 && !fits()) at--;
  if (at < 0) {
    throw corrupt(source.name, "it begins as a zip archive and has no end record: it is cut short");
  }
  const end = tailStart + at;
  const found = {
    count: tail.getUint16(at + 10, true),
    size: tail.getUint32(at + 12, true),
    offset: tail.getUint32(at + 16, true),
  };
  if (at < locatorSize || tail.getUint32(at - locatorSize, true) !== 0x07064b50) {
    return { ...found, end };
  }

  const position = u64(tail, at - locatorSize + 8);
  const record = viewOf(
    await readBytes(source, { position, length: end64Size, what: "zip64 end record" }, options),
  );
  if (record.getUint32(0, true) !== 0x06064b50) {
    throw corrupt(source.name, "its zip64 end record is damaged", position);
  }
  const wide = { count: u64(record, 32), size: u64(record, 40), offset: u64(record, 48) };
  const agree = (narrow: number, full: number, most: number) => narrow === full || narrow === most;
  if (
    !agree(found.count, wide.count, 0xffff) || !agree(found.size, wide.size, 0xffffffff) ||
    !agree(found.offset, wide.offset, 0xffffffff)
  ) {
    throw corrupt(source.name, "its two end records disagree", position);
  }
  return { ...wide, end: position };
}

/** Sizes and offset of an entry, from its zip64 field where they do not fit. */
function wideFields(
  record: DataView,
  { extraAt, extraEnd }: { extraAt: number; extraEnd: number },
): { size: number; compressedSize: number; headerOffset: number } | null {
  const fields = [
    record.getUint32(24, true),
    record.getUint32(20, true),
    record.getUint32(42, true),
  ];
  if (fields.includes(0xffffffff)) {
    let at = extraAt;
    while (at + 4 <= extraEnd && record.getUint16(at, true) !== 1) {
      at += 4 + record.getUint16(at + 2, true);
    }
    if (at + 4 > extraEnd) return null;
    const end = at + 4 + record.getUint16(at + 2, true);
    at += 4;
    for (let i = 0; i < fields.length; i++) {
      if (fields[i] !== 0xffffffff) continue;
      if (at + 8 > Math.min(end, extraEnd)) return null;
      fields[i] = u64(record, at);
      at += 8;
    }
  }
  const [size, compressedSize, headerOffset] = fields as [number, number, number];
  return { size, compressedSize, headerOffset };
}

/**
 * Reads the directory of a zip file.
 *
 * @returns Entries by name, in the directory's order
 * @throws {RsembedError} `corrupt` if records are damaged, entries overlap, repeat a name or leave the file
 */
export async function readZipDirectory(
  source: ByteSource,
  options: RunOptions = {},
): Promise<Map<string, ZipEntry>> {
  const range = await findDirectory(source, options);
  if (range.size > maxDirectoryBytes) {
    throw overLimit(source.name, "bytes of zip directory", {
      max: maxDirectoryBytes,
      actual: range.size,
    });
  }
  if (range.offset + range.size > range.end || range.count * entrySize > range.size) {
    throw corrupt(
      source.name,
      "its zip directory does not fit before its end record",
      range.offset,
    );
  }
  const bytes = await readBytes(
    source,
    { position: range.offset, length: range.size, what: "zip directory" },
    options,
  );
  const decoder = new TextDecoder();
  const found: Omit<ZipEntry, "endBefore">[] = [];
  const names = new Set<string>();
  let at = 0;
  for (let i = 0; i < range.count; i++) {
    const damaged = () =>
      corrupt(source.name, `entry ${i} of its zip directory is damaged`, range.offset + at);
    if (at + entrySize > bytes.length) throw damaged();
    const record = viewOf(bytes.subarray(at));
    const nameEnd = entrySize + record.getUint16(28, true);
    const extraEnd = nameEnd + record.getUint16(30, true);
    const next = extraEnd + record.getUint16(32, true);
    if (record.getUint32(0, true) !== 0x02014b50 || at + next > bytes.length) throw damaged();
    const wide = wideFields(record, { extraAt: nameEnd, extraEnd });
    const name = decoder.decode(bytes.subarray(at + entrySize, at + nameEnd));
    if (wide === null || names.has(name)) throw damaged();
    if (record.getUint16(8, true) & 1) {
      throw unsupported(source.name, "encrypted zip entries", `entry ${name} is encrypted`);
    }
    const method = record.getUint16(10, true);
    if (method === 0 && wide.size !== wide.compressedSize) throw damaged();
    names.add(name);
    found.push({ name, method, crc32: record.getUint32(16, true), ...wide });
    at += next;
  }

  const entries = new Map<string, ZipEntry>();
  const byPlace = found.toSorted((a, b) => a.headerOffset - b.headerOffset);
  const ends = new Map(
    byPlace.map((entry, i) => [entry.name, byPlace[i + 1]?.headerOffset ?? range.offset]),
  );
  for (const entry of found) {
    const endBefore = ends.get(entry.name)!;
    if (entry.headerOffset + headerSize + entry.compressedSize > endBefore) {
      throw corrupt(
        source.name,
        `zip entry ${entry.name} runs into what follows it`,
        entry.headerOffset,
      );
    }
    entries.set(entry.name, { ...entry, endBefore });
  }
  return entries;
}

/** Where the bytes of an entry begin: its own header is of a length that the directory does not tell. */
async function dataOffset(
  source: ByteSource,
  entry: ZipEntry,
  options: RunOptions,
): Promise<number> {
  const header = viewOf(
    await readBytes(
      source,
      { position: entry.headerOffset, length: headerSize, what: `zip entry ${entry.name}` },
      options,
    ),
  );
  const start = entry.headerOffset + headerSize + header.getUint16(26, true) +
    header.getUint16(28, true);
  if (
    header.getUint32(0, true) !== 0x04034b50 || header.getUint16(8, true) !== entry.method ||
    start + entry.compressedSize > entry.endBefore
  ) {
    throw corrupt(
      source.name,
      `the header of zip entry ${entry.name} is damaged`,
      entry.headerOffset,
    );
  }
  return start;
}

const inflateAsync: (packed: InputType, options: ZlibOptions) => Promise<Uint8Array> = promisify(
  inflateRaw,
);

async function inflate(
  source: string,
  entry: ZipEntry,
  packed: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const bytes = await inflateAsync(packed, { maxOutputLength: Math.max(1, entry.size) });
    if (bytes.length === entry.size) return new Uint8Array(bytes);
  } catch {
    // a wrong length and a broken stream are the same to a caller
  }
  throw corrupt(source, `zip entry ${entry.name} does not inflate to ${entry.size} bytes`);
}

/**
 * An entry as a storage: stored entries are read in place, deflated ones are inflated into memory.
 *
 * @throws {RsembedError} `corrupt` if its header or its stream is damaged
 */
export async function entryStorage(
  source: ByteSource,
  entry: ZipEntry,
  options: RunOptions = {},
): Promise<Storage> {
  const { size: byteLength, compressedSize, method } = entry;
  const start = await dataOffset(source, entry, options);
  // torch writes 0 where it was told not to compute checksums
  const crc32 = entry.crc32 === 0 ? null : entry.crc32;
  if (method === 0) {
    return {
      byteLength,
      crc32,
      read: (into, position, readOptions) => source.read(into, start + position, readOptions),
    };
  }
  if (method !== 8) {
    throw unsupported(
      source.name,
      `zip method ${method}`,
      `zip entry ${entry.name} is packed with method ${method}, 0 or 8 is wanted`,
    );
  }
  if (byteLength > compressedSize * maxInflation) {
    throw corrupt(source.name, `zip entry ${entry.name} cannot inflate to ${byteLength} bytes`);
  }
  const bytes = await inflate(
    source.name,
    entry,
    await readBytes(
      source,
      { position: start, length: compressedSize, what: `zip entry ${entry.name}` },
      options,
    ),
  );
  return {
    byteLength,
    crc32,
    // deno-lint-ignore require-await
    async read(into, position) {
      into.set(bytes.subarray(position, position + into.length));
    },
  };
}
