/**
 * Opening a file of arrays without saying what it is.
 *
 * @module
 */

import { open } from "node:fs/promises";
import { RsembedError } from "@rsembed/core";
import { writers as ownWriters } from "./catalog.ts";
import type { ArrayFile, FormatCatalog, OpenOptions } from "./writer.ts";

/** Options of {@linkcode openArrayFile}. */
export interface OpenArrayFileOptions extends OpenOptions {
  /** Formats to choose from. @default those of this package */
  readonly writers?: FormatCatalog | undefined;
}

/** As much of a file as signatures are looked for in, bytes. */
const headBytes = 16;

/** The first bytes of a file, hex; empty if it cannot be read, which opening it will explain. */
async function headOf(path: string): Promise<string> {
  const handle = await open(path, "r").catch(() => null);
  if (handle === null) return "";
  try {
    const head = new Uint8Array(headBytes);
    const { bytesRead } = await handle.read(head, 0, headBytes, 0);
    return [...head.subarray(0, bytesRead)].map((byte) => byte.toString(16).padStart(2, "0"))
      .join("");
  } catch {
    return "";
  } finally {
    await handle.close();
  }
}

/**
 * Opens a file of arrays; its format is told by its first bytes, else by its extension.
 *
 * @throws {RsembedError} `unsupported` if it is of no known format; else as {@linkcode Format.open}
 *
 * @example
 * ```ts
 * import { openArrayFile } from "@rsembed/writers";
 * import { createNpz } from "@rsembed/writers/npz";
 * import assert from "node:assert/strict";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const path = join(await mkdtemp(join(tmpdir(), "rsembed-")), "a.npz");
 * const made = await createNpz(path);
 * await made.add("a", { dtype: "uint8", shape: [2, 1], chunks: [Uint8Array.of(7, 8)] });
 * await made.commit();
 *
 * const file = await openArrayFile(path);
 * try {
 *   assert.deepEqual(file.keys, ["a"]);
 *   assert.deepEqual(await file.info("a"), { dtype: "uint8", shape: [2, 1] });
 * } finally {
 *   await file[Symbol.asyncDispose]();
 * }
 * ```
 */
export async function openArrayFile(
  path: string,
  options: OpenArrayFileOptions = {},
): Promise<ArrayFile> {
  const { writers = ownWriters, ...rest } = options;
  rest.signal?.throwIfAborted();
  const entries = Object.values(writers);
  const head = await headOf(path);
  const lower = path.toLowerCase();
  const entry =
    entries.find(({ card }) => card.signatures?.some((start) => head.startsWith(start))) ??
      entries.find(({ card }) => card.extensions.some((extension) => lower.endsWith(extension)));
  if (!entry) {
    const known = entries.flatMap(({ card }) => card.extensions).join(", ");
    throw new RsembedError(
      "unsupported",
      `Cannot read "${path}": it is of no known format, there are ${known}`,
      { facts: { feature: "file format" } },
    );
  }
  return await (await entry.load()).open(path, rest);
}
