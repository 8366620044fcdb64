/**
 * Checksums of files.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import type { RunOptions } from "@rsembed/core";
import { fileBlocks } from "./file_blocks.ts";

/** SHA-256 of a file, hex; `null` for a folder. */
export async function fileSha256(
  path: string,
  { signal }: RunOptions = {},
): Promise<string | null> {
  if ((await stat(path)).isDirectory()) return null;
  const hash = createHash("sha256");
  for await (const block of fileBlocks(path, { signal })) hash.update(block);
  return hash.digest("hex");
}
