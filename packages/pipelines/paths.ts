/**
 * Names of the files of an export.
 *
 * @module
 */

import { mkdir } from "node:fs/promises";
import { errorMessage, RsembedError } from "@rsembed/core";

/**
 * Makes a folder and its parents, where they are missing.
 *
 * @throws {RsembedError} `unavailable` where it cannot be made
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    const status = (cause as { code?: string }).code ?? "unknown";
    throw new RsembedError(
      "unavailable",
      `Cannot make the folder "${path}": ${errorMessage(cause)}, choose one that can be written`,
      { facts: { resource: path, permanent: true, status }, cause },
    );
  }
}

/** A path with the first of `extensions`, unless it ends in one of them already. */
export function withExtension(path: string, extensions: readonly string[]): string {
  const lower = path.toLowerCase();
  return extensions.some((extension) => lower.endsWith(extension))
    ? path
    : `${path}${extensions[0]}`;
}

/** The manifest beside a file: its last extension replaced by `.json`. */
export function manifestPathOf(path: string): string {
  return path.replace(/\.[^./\\]*$/, "") + ".json";
}

/** The default name of a place's files: `p00012`. */
export function defaultItemName(index: number): string {
  return `p${String(index).padStart(5, "0")}`;
}
