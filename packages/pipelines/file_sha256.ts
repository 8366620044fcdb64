/**
 * Checksums of files.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { RunOptions } from "@rsembed/core";

/** SHA-256 of a file, hex; `null` for a folder. */
export async function fileSha256(
  path: string,
  { signal }: RunOptions = {},
): Promise<string | null> {
  if ((await stat(path)).isDirectory()) return null;
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    signal?.throwIfAborted();
    hash.update(chunk as Uint8Array);
  }
  return hash.digest("hex");
}
