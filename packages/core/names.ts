/**
 * Names: array keys, safe file names, and the nearest spelling of a wrong one.
 *
 * @module
 */

import { RsembedError } from "./errors.ts";

/**
 * The form of a model name in array keys: runs of anything but letters, digits and `_` become one `_`.
 *
 * Source: rs-embed, `keys.json` of its interop fixtures.
 *
 * @example
 * ```ts
 * import { arrayKey } from "@rsembed/core";
 * import assert from "node:assert/strict";
 *
 * assert.equal(arrayKey("satmae++ (rgb)"), "satmae_rgb");
 * ```
 */
export function arrayKey(name: string): string {
  const key = name.replace(/[^0-9A-Za-z_]+/g, "_").replace(/_+/g, "_").replace(/^_+|_+$/g, "");
  return key === "" ? "item" : key;
}

const reserved = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * Checks that a name can be a file's base name on every platform and cannot leave its folder.
 *
 * @throws {RsembedError} `spec` for separators, `..`, control characters, reserved or overlong names
 */
export function safeFileName(name: string, field = "name"): string {
  const refuse = (state: string): never => {
    throw new RsembedError("spec", `Cannot use ${field} ${JSON.stringify(name)}: ${state}`, {
      facts: { field, value: name },
    });
  };
  if (name === "" || name === "." || name === "..") refuse("it names no file");
  // deno-lint-ignore no-control-regex
  if (/[\/\\:*?"<>|\u0000-\u001f\u007f]/.test(name)) {
    refuse("it holds a separator or a character that file systems refuse");
  }
  if (/[. ]$/.test(name) || name.startsWith(" ") || reserved.test(name)) {
    refuse("some file systems refuse or change it");
  }
  if (new TextEncoder().encode(name).length > 200) refuse("it is longer than 200 bytes");
  return name;
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/** Up to three of `names` that are spelt most like `name`, best first. */
export function nearest(name: string, names: Iterable<string>): string[] {
  const wanted = name.slice(0, 100).toLowerCase();
  return [...names]
    .map((candidate) => {
      const text = candidate.toLowerCase();
      const edits = distance(wanted, text);
      return {
        candidate,
        score: text.startsWith(wanted) && wanted !== "" ? Math.min(edits, 1) : edits,
      };
    })
    .filter(({ candidate, score }) => score <= Math.max(2, Math.ceil(candidate.length / 3)))
    .sort((a, b) => a.score - b.score || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}
