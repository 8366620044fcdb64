/**
 * A file read by position.
 *
 * @module
 */

import { type FileHandle, open } from "node:fs/promises";
import { errorMessage, RsembedError } from "@rsembed/core";

/** A file of known length that is open for reading. */
export interface ByteFile {
  /** Path, for messages. */
  readonly path: string;
  /** Length, bytes. */
  readonly size: number;
  /**
   * The bytes `[offset, offset + length)`.
   *
   * @throws {RsembedError} `corrupt` if the file ends before, `unavailable` if it cannot be read
   */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

/**
 * Opens a file.
 *
 * @throws {RsembedError} `not-found` if there is none, `unavailable` if it cannot be opened
 */
export async function openByteFile(path: string): Promise<ByteFile> {
  let handle: FileHandle;
  try {
    handle = await open(path, "r");
  } catch (cause) {
    const { code } = cause as { code?: unknown };
    if (code === "ENOENT") {
      throw new RsembedError("not-found", `Cannot open "${path}": there is no such file`, {
        facts: { name: path },
        cause,
      });
    }
    const busy = code === "EMFILE" || code === "ENFILE";
    throw new RsembedError("unavailable", `Cannot open "${path}": ${errorMessage(cause)}`, {
      facts: {
        resource: path,
        ...(busy ? {} : { permanent: true }),
        ...(typeof code === "string" ? { status: code } : {}),
      },
      cause,
    });
  }
  try {
    const { size } = await handle.stat();
    return {
      path,
      size,
      read: (offset, length) => readExactly({ handle, path, size }, { offset, length }),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function readExactly(
  { handle, path, size }: { handle: FileHandle; path: string; size: number },
  { offset, length }: { offset: number; length: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const cutShort = () =>
    new RsembedError(
      "corrupt",
      `Cannot read ${length} bytes at ${offset} of "${path}": it ends at ${size}, it may be cut short`,
      { facts: { source: path, offset } },
    );
  // checked before allocating: lengths come from the file
  if (!(offset >= 0 && length >= 0 && offset + length <= size)) throw cutShort();
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, offset + done)
      .catch((cause) => {
        throw new RsembedError("unavailable", `Cannot read "${path}": ${errorMessage(cause)}`, {
          facts: { resource: path },
          cause,
        });
      });
    if (bytesRead === 0) throw cutShort();
    done += bytesRead;
  }
  return bytes;
}
