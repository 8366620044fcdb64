/**
 * Bytes.
 *
 * @module
 */

/** Gives room for so many bytes; what was in it is still there. */
export type BytesRoom = (length: number) => Uint8Array<ArrayBuffer>;

/**
 * Room that is used again each time it is asked for, so that many large pieces leave no garbage: a piece holds until the
 * next is asked for.
 *
 * @example
 * ```ts
 * import { reusedBytes } from "@rsembed/core";
 * import assert from "node:assert/strict";
 *
 * const room = reusedBytes();
 * assert.equal(room(8).buffer, room(4).buffer);
 * ```
 */
export function reusedBytes(): BytesRoom {
  let buffer = new Uint8Array(0);
  return (length) => {
    if (length > buffer.length) buffer = new Uint8Array(length);
    return buffer.subarray(0, length);
  };
}

/**
 * Parts one after another, in one piece.
 *
 * @param room Where to put them. @default room of their own
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
export function concatBytes(
  parts: readonly Uint8Array[],
  room: BytesRoom = (length) => new Uint8Array(length),
): Uint8Array<ArrayBuffer> {
  const all = room(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
