/**
 * Names of the files of an export.
 *
 * @module
 */

import { mkdir } from "node:fs/promises";
import type { ExportTarget } from "@rsembed/core";
import { isObjectPath, onDisk } from "@rsembed/writers";

/**
 * Makes a folder and its parents, where they are missing.
 *
 * @throws {RsembedError} `unavailable` where it cannot be made
 */
export async function makeFolder(path: string): Promise<void> {
  await onDisk(path, () => mkdir(path, { recursive: true }));
}

/** A path with the first of `extensions`, unless it ends in one of them already. */
export function withExtension(path: string, extensions: readonly string[]): string {
  const lower = path.toLowerCase();
  return extensions.some((extension) => lower.endsWith(extension))
    ? path
    : `${path}${extensions[0]}`;
}

/** Where manifest and journal of an export lie: beside its file, or in this folder where that is in object storage. */
export function localPathOf(path: string): string {
  return isObjectPath(path) ? path.replace(/\/+$/, "").split("/").at(-1)! : path;
}

/** The manifest beside a file: its last extension replaced by `.json`. */
export function manifestPathOf(path: string): string {
  return path.replace(/\.[^./\\]*$/, "") + ".json";
}

/** Names of places by their number: those that were given, else `p00012`. */
export function placeNamer(
  { target: { names } }: { readonly target: Pick<ExportTarget, "names"> },
): (index: number) => string {
  return (index) => names?.[index] ?? defaultItemName(index);
}

/** The default name of a place's files: `p00012`. */
export function defaultItemName(index: number): string {
  return `p${String(index).padStart(5, "0")}`;
}
