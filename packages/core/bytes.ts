/**
 * Bytes.
 *
 * @module
 */

/**
 * Parts one after another, in one piece.
 *
 * @example
 * ```ts
 * import { concatBytes } from "@rsembed/core";
 * import assert from "node:assert/strict";
 *
 * const parts = [new Uint8Array([1, 2]), new Uint8Array([3])];
 * assert.deepEqual(concatBytes(parts), new Uint8Array([1, 2, 3]));
 * ```
 */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
