/**
 * The bytes of one member of a zip file, from front to back.
 *
 * @module
 */

import { pipeline, Readable } from "node:stream";
import { createInflateRaw } from "node:zlib";
import { errorMessage, isRsembedError, RsembedError, type RunOptions } from "@rsembed/core";
import { crc32 } from "../crc32.ts";
import { type ByteSource, corruptZip, readRange, type ZipMember } from "./zip_directory.ts";
import { methods, recordBytes, signatures } from "./zip_records.ts";

/** Bytes moved at once. */
const blockBytes = 4 * 2 ** 20;
/** Bytes the inflater gives at once. */
const inflateBytes = 2 ** 18;
/** Deflate makes nothing smaller than this: 258 bytes in 2 bits. */
const maxInflation = 1032;

/** Reads a member from front to back. Disposing stops it early. */
export interface MemberReader extends AsyncDisposable {
  /**
   * Fills all of `into` with the bytes that follow.
   *
   * @throws {RsembedError} `corrupt` if the member is damaged or ends before
   */
  fill(into: Uint8Array): Promise<void>;
  /**
   * Checks that everything was read and is what was written.
   *
   * @throws {RsembedError} `corrupt` if bytes are left or the checksum differs
   */
  finish(): Promise<void>;
}

/** Where the bytes of a member begin. */
async function dataStart(source: ByteSource, member: ZipMember): Promise<number> {
  const header = await readRange(source, member.offset, recordBytes.local);
  const view = new DataView(header.buffer);
  const nameBytes = view.getUint16(26, true);
  const name = await readRange(source, member.offset + recordBytes.local, nameBytes);
  if (
    view.getUint32(0, true) !== signatures.local || new TextDecoder().decode(name) !== member.name
  ) {
    throw corruptZip(source, `the header of "${member.name}" is damaged`, member.offset);
  }
  return member.offset + recordBytes.local + nameBytes + view.getUint16(28, true);
}

/** The bytes of a range of the file, in pieces. */
async function* piecesOf(
  source: ByteSource,
  { start, length }: { readonly start: number; readonly length: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < length; at += blockBytes) {
    yield await readRange(source, start + at, Math.min(blockBytes, length - at));
  }
}

/** What a member's bytes are taken from; fills as much as there is, and says how much. */
interface Bytes {
  fill(into: Uint8Array): Promise<number>;
  close(): void;
}

function storedBytes(source: ByteSource, start: number, length: number): Bytes {
  let done = 0;
  return {
    async fill(into) {
      const part = into.subarray(0, length - done);
      await source.read(part, start + done);
      done += part.length;
      return part.length;
    },
    close() {},
  };
}

function inflatedBytes(pieces: AsyncIterable<Uint8Array>): Bytes {
  const inflate = createInflateRaw({ chunkSize: inflateBytes });
  // errors of either reach whoever reads from the last
  pipeline(Readable.from(pieces), inflate, () => {});
  const chunks = inflate[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  let chunk: Uint8Array = new Uint8Array(0);
  return {
    async fill(into) {
      let done = 0;
      while (done < into.length) {
        if (chunk.length === 0) {
          const next = await chunks.next();
          if (next.done) break;
          chunk = next.value;
        }
        const part = chunk.subarray(0, into.length - done);
        into.set(part, done);
        done += part.length;
        chunk = chunk.subarray(part.length);
      }
      return done;
    },
    close: () => void inflate.destroy(),
  };
}

/**
 * Starts reading a member.
 *
 * @throws {RsembedError} `corrupt` if its header or its sizes are wrong; `unsupported` if it is encrypted
 * or compressed other than by deflate
 */
export async function openMember(
  source: ByteSource,
  member: ZipMember,
  { signal }: RunOptions = {},
): Promise<MemberReader> {
  const { name, method } = member;
  const refuse = (state: string) => corruptZip(source, `"${name}" ${state}`, member.offset);
  if (member.encrypted || (method !== methods.stored && method !== methods.deflated)) {
    const how = member.encrypted ? "is encrypted" : `is compressed by method ${method}`;
    throw new RsembedError("unsupported", `Cannot read "${source.path}": "${name}" ${how}`, {
      facts: { feature: member.encrypted ? "zip encryption" : `zip method ${method}` },
    });
  }
  // checked before anyone makes room for the bytes
  const most = method === methods.stored ? member.storedBytes : member.storedBytes * maxInflation;
  if (member.sizeBytes > most || (method === methods.stored && member.sizeBytes < most)) {
    throw refuse(`claims ${member.sizeBytes} bytes in ${member.storedBytes}`);
  }
  const start = await dataStart(source, member);
  if (!(start + member.storedBytes <= source.sizeBytes)) throw refuse("is cut short");
  const bytes = method === methods.stored
    ? storedBytes(source, start, member.storedBytes)
    : inflatedBytes(piecesOf(source, { start, length: member.storedBytes }));
  let crc = 0;
  let done = 0;

  const take = async (into: Uint8Array): Promise<number> => {
    try {
      return await bytes.fill(into);
    } catch (error) {
      // the file's own errors are typed; what is left is the inflater's
      if (isRsembedError(error)) throw error;
      throw refuse(`is damaged: ${errorMessage(error)}`);
    }
  };

  return {
    async fill(into) {
      for (let at = 0; at < into.length; at += blockBytes) {
        signal?.throwIfAborted();
        const block = into.subarray(at, at + blockBytes);
        const length = await take(block);
        if (length < block.length) throw refuse("ends too early");
        crc = crc32(block, crc);
        done += length;
      }
    },
    async finish() {
      if (done !== member.sizeBytes || await take(new Uint8Array(1)) > 0) {
        throw refuse(`holds more than ${done} bytes`);
      }
      if (crc !== member.crc) throw refuse("is damaged: its checksum differs");
    },
    [Symbol.asyncDispose]() {
      bytes.close();
      return Promise.resolve();
    },
  };
}
