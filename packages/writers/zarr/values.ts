/**
 * The values of a Zarr hierarchy, read.
 *
 * @module
 */

import { open, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Name of a value, such as `/galileo/embedding/c/0/0`. */
export type ValueKey = `/${string}`;

/** A part of a value, bytes. */
export type ValueRange =
  | { readonly offset: number; readonly length: number }
  | { readonly suffixLength: number };

/** Something that gives bytes by name; `undefined` for what is not there. */
export interface ZarrValues {
  /** A whole value. */
  get(key: ValueKey): Promise<Uint8Array | undefined>;
  /** A part of a value. */
  getRange(key: ValueKey, range: ValueRange): Promise<Uint8Array | undefined>;
}

function absent(error: unknown): undefined {
  const { code } = error as { code?: string };
  if (code !== "ENOENT" && code !== "EISDIR" && code !== "ENOTDIR") throw error;
}

/** The values in a folder. */
export function folderValues(path: string): ZarrValues {
  const target = (key: ValueKey) => join(path, ...key.slice(1).split("/"));
  return {
    async get(key) {
      try {
        return new Uint8Array(await readFile(target(key)));
      } catch (error) {
        return absent(error);
      }
    },
    async getRange(key, range) {
      try {
        return await readPart(target(key), range);
      } catch (error) {
        return absent(error);
      }
    },
  };
}

async function readPart(path: string, range: ValueRange): Promise<Uint8Array> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const [offset, length] = "offset" in range
      ? [range.offset, range.length]
      : [Math.max(0, size - range.suffixLength), Math.min(size, range.suffixLength)];
    if (offset < 0 || length < 0 || offset + length > size) {
      throw new RangeError(`bytes ${offset} to ${offset + length} of ${size}`);
    }
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length;) {
      const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
      if (bytesRead === 0) throw new RangeError(`the file ends at ${offset + done}`);
      done += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}
