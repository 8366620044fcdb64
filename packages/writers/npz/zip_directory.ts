/**
 * The directory of a zip file, read from its end. Nothing in it is believed before it is checked against
 * the length of the file.
 *
 * @module
 */

import { RsembedError } from "@rsembed/core";
import { elsewhere16, elsewhere32, recordBytes, signatures } from "./zip_records.ts";

/** Positional reads of a file. */
export interface ByteSource {
  /** For messages. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Fills `into` from a position; the range lies in the file. */
  read(into: Uint8Array, position: number): Promise<void>;
}

/** A member of a zip file. */
export interface ZipMember {
  readonly name: string;
  readonly method: number;
  readonly encrypted: boolean;
  readonly crc: number;
  readonly sizeBytes: number;
  readonly storedBytes: number;
  readonly offset: number;
}

/** Most members that are listed: a directory entry takes 50 bytes on disk and a few hundred in memory. */
const maxMembers = 4_000_000;

/** The error of a damaged file. */
export function corruptZip(source: ByteSource, state: string, offset?: number): RsembedError {
  return new RsembedError("corrupt", `Cannot read "${source.path}": ${state}`, {
    facts: { source: source.path, ...(offset === undefined ? {} : { offset }) },
  });
}

/** Reads a range that the file claims to have. */
export async function readRange(
  source: ByteSource,
  position: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (!(position >= 0 && length >= 0 && position + length <= source.sizeBytes)) {
    throw corruptZip(source, "it is cut short or damaged", source.sizeBytes);
  }
  const bytes = new Uint8Array(length);
  await source.read(bytes, position);
  return bytes;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A 64-bit field as a number; above 2^53 it lies beyond any file. */
function u64(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}

interface Directory {
  readonly count: number;
  readonly offset: number;
  readonly sizeBytes: number;
}

/** Finds the directory from the record at the end, which a comment may follow. */
async function findDirectory(source: ByteSource): Promise<Directory> {
  const tailBytes = Math.min(source.sizeBytes, recordBytes.end + 0xffff);
  const tailStart = source.sizeBytes - tailBytes;
  const tail = await readRange(source, tailStart, tailBytes);
  const view = viewOf(tail);
  let at = tailBytes - recordBytes.end;
  const isEnd = () =>
    view.getUint32(at, true) === signatures.end &&
    at + recordBytes.end + view.getUint16(at + 20, true) === tailBytes;
  while (at >= 0 && !isEnd()) at--;
  if (at < 0) throw corruptZip(source, "it is no zip file, or its end is missing");
  const count = view.getUint16(at + 10, true);
  const sizeBytes = view.getUint32(at + 12, true);
  const offset = view.getUint32(at + 16, true);
  const end = tailStart + at;
  const needs64 = count === elsewhere16 || sizeBytes === elsewhere32 || offset === elsewhere32;
  // a file of exactly 65535 members may do without
  const directory = (needs64 ? await findDirectory64(source, end) : null) ??
    { count, offset, sizeBytes, end };
  const { offset: start, sizeBytes: length } = directory;
  if (!(start + length <= directory.end && directory.count * recordBytes.central <= length)) {
    throw corruptZip(source, "its directory lies outside the file");
  }
  return directory;
}

async function findDirectory64(
  source: ByteSource,
  end: number,
): Promise<Directory & { readonly end: number } | null> {
  const at = end - recordBytes.locator64;
  if (at < 0) return null;
  const locator = viewOf(await readRange(source, at, recordBytes.locator64));
  if (locator.getUint32(0, true) !== signatures.locator64) return null;
  const position = u64(locator, 8);
  const record = viewOf(await readRange(source, position, recordBytes.end64));
  if (record.getUint32(0, true) !== signatures.end64) {
    throw corruptZip(source, "its zip64 record is missing", position);
  }
  return {
    count: u64(record, 32),
    sizeBytes: u64(record, 40),
    offset: u64(record, 48),
    end: position,
  };
}

/** Takes the 64-bit values of fields that are marked as elsewhere, in their fixed order. */
function zip64Values(extra: Uint8Array, fields: readonly number[]): number[] | null {
  if (!fields.includes(elsewhere32)) return [...fields];
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length;) {
    const length = view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === 1) {
      let from = at + 4;
      const end = Math.min(from + length, extra.length);
      const values: number[] = [];
      for (const field of fields) {
        if (field !== elsewhere32) values.push(field);
        else if (from + 8 > end) return null;
        else {
          values.push(u64(view, from));
          from += 8;
        }
      }
      return values;
    }
    at += 4 + length;
  }
  return null;
}

/** Refuses members that share bytes: a small file could claim them many times over. */
function checkApart(source: ByteSource, members: readonly ZipMember[], end: number): void {
  const sorted = [...members].sort((a, b) => a.offset - b.offset);
  sorted.forEach((member, i) => {
    const limit = sorted[i + 1]?.offset ?? end;
    if (!(member.offset + recordBytes.local + member.storedBytes <= limit)) {
      throw corruptZip(source, `"${member.name}" reaches into what follows it`, member.offset);
    }
  });
}

/**
 * Lists the members of a zip file in the order of its directory.
 *
 * @throws {RsembedError} `corrupt` if the directory is damaged, names a member twice, or members lie
 * outside the file or in each other; `limit` for millions of members
 */
export async function readDirectory(source: ByteSource): Promise<ZipMember[]> {
  const { count, offset, sizeBytes } = await findDirectory(source);
  if (count > maxMembers) {
    throw new RsembedError(
      "limit",
      `Cannot read "${source.path}": it has ${count} members, at most ${maxMembers} are read`,
      { facts: { limit: "zip members", max: maxMembers, actual: count } },
    );
  }
  const bytes = await readRange(source, offset, sizeBytes);
  const view = viewOf(bytes);
  const members: ZipMember[] = [];
  const names = new Set<string>();
  const decoder = new TextDecoder();
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + recordBytes.central > sizeBytes || view.getUint32(at, true) !== signatures.central) {
      throw corruptZip(source, "its directory is damaged", offset + at);
    }
    const nameEnd = at + recordBytes.central + view.getUint16(at + 28, true);
    const extraEnd = nameEnd + view.getUint16(at + 30, true);
    const next = extraEnd + view.getUint16(at + 32, true);
    if (next > sizeBytes) throw corruptZip(source, "its directory is damaged", offset + at);
    const name = decoder.decode(bytes.subarray(at + recordBytes.central, nameEnd));
    const values = zip64Values(bytes.subarray(nameEnd, extraEnd), [
      view.getUint32(at + 24, true),
      view.getUint32(at + 20, true),
      view.getUint32(at + 42, true),
    ]);
    if (!values) throw corruptZip(source, `the zip64 field of "${name}" is missing`, offset + at);
    if (names.has(name)) throw corruptZip(source, `it holds "${name}" twice`, offset + at);
    names.add(name);
    members.push({
      name,
      method: view.getUint16(at + 10, true),
      encrypted: (view.getUint16(at + 8, true) & 1) !== 0,
      crc: view.getUint32(at + 16, true),
      sizeBytes: values[0]!,
      storedBytes: values[1]!,
      offset: values[2]!,
    });
    at = next;
  }
  checkApart(source, members, offset);
  return members;
}
