/**
 * A remote file as bytes by position, for the tables at its head.
 *
 * @module
 */

import { RsembedError } from "@rsembed/core";
import type { RangeClient } from "../http/range_client.ts";
import type { ByteFile } from "./byte_file.ts";

/** First request, bytes: holds all directories of most cloud-optimised files. */
const headBytes = 2 ** 14;
/** Further requests at least, bytes. */
const stepBytes = 2 ** 15;

interface Chunk {
  readonly offset: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Opens a remote file with one request. What is read is kept until it is closed: for directories, not for
 * pixels.
 *
 * @throws {RsembedError} As the client; `corrupt` for reads beyond the end
 */
export async function openRemoteFile(
  client: RangeClient,
  href: string,
  signal?: AbortSignal,
): Promise<ByteFile> {
  const options = signal ? { signal } : {};
  const head = await client.read(href, { offset: 0, length: headBytes }, options);
  const chunks: Chunk[] = [{ offset: 0, bytes: head.bytes }];
  const size = head.size ?? Number.MAX_SAFE_INTEGER;
  const cutShort = (offset: number, length: number) =>
    new RsembedError(
      "corrupt",
      `Cannot read ${length} bytes at ${offset} of "${href}": it ends before, it may be cut short`,
      { facts: { source: href, offset } },
    );
  return {
    path: href,
    size,
    async read(offset, length) {
      if (!(offset >= 0 && length >= 0 && offset + length <= size)) throw cutShort(offset, length);
      const known = chunks.find((chunk) =>
        offset >= chunk.offset && offset + length <= chunk.offset + chunk.bytes.length
      );
      if (known) return known.bytes.slice(offset - known.offset, offset - known.offset + length);
      const asked = Math.min(Math.max(length, stepBytes), size - offset);
      const { bytes } = await client.read(href, { offset, length: asked }, options);
      if (bytes.length < length) throw cutShort(offset, length);
      chunks.push({ offset, bytes });
      return bytes.slice(0, length);
    },
    close() {
      chunks.length = 0;
      return Promise.resolve();
    },
  };
}
