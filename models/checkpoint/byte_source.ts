/**
 * The whole seam to storage: a length, and bytes at a position.
 *
 * @module
 */

import { type FileHandle, open } from "node:fs/promises";
import { RsembedError, type RunOptions } from "@rsembed/core";
import { corrupt } from "./refusal.ts";

/** Bytes with random access. */
export interface ByteSource {
  /** Path or address, for messages. */
  readonly name: string;
  /** Length of all bytes. */
  readonly byteLength: number;
  /**
   * Fills `into` with the bytes from `position` on.
   *
   * @throws {RsembedError} `corrupt` if there are fewer, `unavailable` if the storage fails
   */
  read(
    into: Uint8Array<ArrayBuffer>,
    position: number,
    options?: RunOptions,
  ): Promise<void>;
  /** Lets go of the storage; nothing is read afterwards. */
  close(): Promise<void>;
}

function storageError(path: string, error: unknown): RsembedError {
  const status = (error as { code?: string }).code ?? "unknown";
  if (status === "ENOENT" || status === "ENOTDIR") {
    return new RsembedError(
      "not-found",
      `Cannot open checkpoint "${path}": there is no such file`,
      {
        facts: { name: path },
        cause: error,
      },
    );
  }
  return new RsembedError(
    "unavailable",
    `Cannot read checkpoint "${path}": the file system answers ${status}`,
    { facts: { resource: path, status, permanent: true }, cause: error },
  );
}

async function fill(handle: FileHandle, into: Uint8Array<ArrayBuffer>, position: number) {
  let done = 0;
  while (done < into.length) {
    const { bytesRead } = await handle.read(into, done, into.length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

/**
 * Opens a file for reading by position.
 *
 * @throws {RsembedError} `not-found` if there is no such file, `unavailable` if it cannot be opened
 */
export async function fileSource(path: string): Promise<ByteSource> {
  let handle: FileHandle;
  try {
    handle = await open(path, "r");
  } catch (error) {
    throw storageError(path, error);
  }
  let byteLength: number;
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw Object.assign(new Error("not a regular file"), { code: "EISDIR" });
    byteLength = stat.size;
  } catch (error) {
    await handle.close();
    throw storageError(path, error);
  }
  return {
    name: path,
    byteLength,
    async read(into, position, { signal } = {}) {
      signal?.throwIfAborted();
      let done: number;
      try {
        done = await fill(handle, into, position);
      } catch (error) {
        throw storageError(path, error);
      }
      // the length was checked when the file was opened; it may have been cut since
      if (done < into.length) throw corrupt(path, `it ends at byte ${position + done}`);
      signal?.throwIfAborted();
    },
    close: () => handle.close(),
  };
}

/** A file that is in memory already. */
export function memorySource(name: string, bytes: Uint8Array<ArrayBuffer>): ByteSource {
  return {
    name,
    byteLength: bytes.length,
    // deno-lint-ignore require-await
    async read(into, position, { signal } = {}) {
      signal?.throwIfAborted();
      if (position + into.length > bytes.length) {
        throw corrupt(name, `it ends at byte ${bytes.length}`);
      }
      into.set(bytes.subarray(position, position + into.length));
    },
    close: () => Promise.resolve(),
  };
}

/**
 * Reads `[position, position + length)` into new memory, after checking it against the file's length.
 *
 * @throws {RsembedError} `corrupt` if the range leaves the file
 */
export async function readBytes(
  source: ByteSource,
  { position, length, what }: { position: number; length: number; what: string },
  options: RunOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const end = position + length;
  if (
    !Number.isSafeInteger(position) || position < 0 || length < 0 || !(end <= source.byteLength)
  ) {
    throw corrupt(
      source.name,
      `its ${what} is said to end at byte ${end}, the file has ${source.byteLength}`,
    );
  }
  const bytes = new Uint8Array(length);
  if (length > 0) await source.read(bytes, position, options);
  return bytes;
}
