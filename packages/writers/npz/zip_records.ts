/**
 * The fixed records of zip files, always in their zip64 form where there is one.
 *
 * Source: PKWARE APPNOTE 6.3.10, sections 4.3 and 4.5.3.
 *
 * @module
 */

/** Signatures of the records, as they read in little-endian order. */
export const signatures = {
  local: 0x04034b50,
  central: 0x02014b50,
  end: 0x06054b50,
  end64: 0x06064b50,
  locator64: 0x07064b50,
} as const;

/** Bytes of each record without its variable parts. */
export const recordBytes = { local: 30, central: 46, end: 22, end64: 56, locator64: 20 } as const;

/** A 32-bit field whose value is in the zip64 record instead. */
export const elsewhere32 = 0xffffffff;
/** A 16-bit field whose value is in the zip64 record instead. */
export const elsewhere16 = 0xffff;

/** Ways of compression. */
export const methods = { stored: 0, deflated: 8 } as const;

const versionZip64 = 45;
const versionPlain = 20;
/** Names are UTF-8. */
const flagUtf8 = 0x800;
/** 1980-01-01, the earliest that zip can say: no clock makes the bytes differ. */
const date1980 = 0x21;
/** A plain file that its owner may write and everyone may read, on Unix. */
const unixFile = 0o100644 * 0x10000;
const madeOnUnix = 3 << 8;

/** A member as written. */
export interface Member {
  readonly name: Uint8Array;
  readonly method: number;
  readonly crc: number;
  readonly sizeBytes: number;
  readonly storedBytes: number;
  /** Where its local header begins. */
  readonly offset: number;
}

/** A view that is written from front to back. */
class Fields {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  #at = 0;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
    this.#view = new DataView(this.bytes.buffer);
  }

  u16(...values: number[]): this {
    for (const value of values) {
      this.#view.setUint16(this.#at, value, true);
      this.#at += 2;
    }
    return this;
  }

  u32(...values: number[]): this {
    for (const value of values) {
      this.#view.setUint32(this.#at, value, true);
      this.#at += 4;
    }
    return this;
  }

  u64(...values: number[]): this {
    for (const value of values) {
      this.#view.setBigUint64(this.#at, BigInt(value), true);
      this.#at += 8;
    }
    return this;
  }

  put(bytes: Uint8Array): this {
    this.bytes.set(bytes, this.#at);
    this.#at += bytes.length;
    return this;
  }
}

function flagsOf(name: Uint8Array): number {
  return name.some((byte) => byte > 0x7f) ? flagUtf8 : 0;
}

/** A local header; its sizes are in the zip64 field whatever they are, as recent numpy writes them. */
export function localHeader(member: Omit<Member, "offset">): Uint8Array<ArrayBuffer> {
  const { name, method, crc, sizeBytes, storedBytes } = member;
  return new Fields(recordBytes.local + name.length + 20)
    .u32(signatures.local)
    .u16(versionZip64, flagsOf(name), method, 0, date1980)
    .u32(crc, elsewhere32, elsewhere32)
    .u16(name.length, 20)
    .put(name)
    .u16(1, 16)
    .u64(sizeBytes, storedBytes)
    .bytes;
}

/** An entry of the central directory; zip64 only where a value needs it. */
export function centralHeader(member: Member): Uint8Array<ArrayBuffer> {
  const { name, method, crc, sizeBytes, storedBytes, offset } = member;
  const values = [sizeBytes, storedBytes, offset];
  const large = values.filter((value) => value >= elsewhere32);
  const extraBytes = large.length > 0 ? 4 + 8 * large.length : 0;
  const version = large.length > 0 ? versionZip64 : versionPlain;
  const [size32, stored32, offset32] = values.map((value) => Math.min(value, elsewhere32));
  const fields = new Fields(recordBytes.central + name.length + extraBytes)
    .u32(signatures.central)
    .u16(madeOnUnix | version, version, flagsOf(name), method, 0, date1980)
    .u32(crc, stored32!, size32!)
    .u16(name.length, extraBytes, 0, 0, 0)
    .u32(unixFile, offset32!)
    .put(name);
  if (large.length > 0) fields.u16(1, 8 * large.length).u64(...large);
  return fields.bytes;
}

/** The end of a file, after a central directory at `offset`. */
export function endRecords(
  { count, offset, sizeBytes }: {
    readonly count: number;
    readonly offset: number;
    readonly sizeBytes: number;
  },
): Uint8Array<ArrayBuffer> {
  const needs64 = count >= elsewhere16 || offset >= elsewhere32 || sizeBytes >= elsewhere32;
  const extra = needs64 ? recordBytes.end64 + recordBytes.locator64 : 0;
  const fields = new Fields(extra + recordBytes.end);
  if (needs64) {
    fields
      .u32(signatures.end64)
      .u64(recordBytes.end64 - 12)
      .u16(madeOnUnix | versionZip64, versionZip64)
      .u32(0, 0)
      .u64(count, count, sizeBytes, offset)
      .u32(signatures.locator64, 0)
      .u64(offset + sizeBytes)
      .u32(1);
  }
  const count16 = Math.min(count, elsewhere16);
  return fields
    .u32(signatures.end)
    .u16(0, 0, count16, count16)
    .u32(Math.min(sizeBytes, elsewhere32), Math.min(offset, elsewhere32))
    .u16(0)
    .bytes;
}
