/**
 * Names of places, from the files that cover them.
 *
 * @module
 */

import { isRsembedError, safeFileName } from "@rsembed/core";

/** Longest name, bytes; leaves room for a number and an extension. */
const maxBytes = 150;

/**
 * A name for each file: its base name without extension, safe as a file name everywhere, and, ignoring
 * case, different from all others (`scene`, `scene_2`, ...).
 */
export function placeNames(fileNames: readonly string[]): string[] {
  const taken = new Set<string>();
  const counts = new Map<string, number>();
  return fileNames.map((fileName) => {
    const base = safe(fileName.replace(/\.tiff?$/i, ""));
    let name = base;
    let n = counts.get(base.toLowerCase()) ?? 1;
    while (taken.has(name.toLowerCase())) name = `${base}_${++n}`;
    counts.set(base.toLowerCase(), n);
    taken.add(name.toLowerCase());
    return name;
  });
}

function safe(name: string): string {
  // deno-lint-ignore no-control-regex
  let text = name.replace(/[\/\\:*?"<>|\u0000-\u001f\u007f]/g, "_").replace(/^ +|[. ]+$/g, "_");
  while (new TextEncoder().encode(text).length > maxBytes) {
    text = Array.from(text).slice(0, -1).join("");
  }
  try {
    return safeFileName(text);
  } catch (error) {
    if (!isRsembedError(error, "spec")) throw error;
    return safeFileName(`_${text}`);
  }
}
