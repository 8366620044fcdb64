/**
 * Files read block by block.
 *
 * @module
 */

import { open } from "node:fs/promises";
import type { RunOptions } from "@rsembed/core";

/** Bytes of a block. */
const blockBytes = 2 ** 18;

/**
 * The bytes of a file, in order. Each block is good until the next is asked for: they share their memory, so that a
 * long file leaves no garbage.
 */
export async function* fileBlocks(
  path: string,
  { signal }: RunOptions = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const file = await open(path, "r");
  try {
    const buffer = new Uint8Array(blockBytes);
    while (true) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(buffer, 0, blockBytes, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
