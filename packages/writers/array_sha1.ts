/**
 * The checksum of an array that rs-embed writes into its manifests.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { bytesOf } from "@rsembed/core";
import type { AnyArray } from "./writer.ts";

/** As much of an array as is hashed, bytes. */
const hashedBytes = 2_000_000;

/** A shape as Python writes a tuple: `(6,)`, `(3, 16, 16)`. */
export function pythonShape(shape: readonly number[]): string {
  return `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
}

/**
 * SHA-1 over the dtype, the shape and the first 2,000,000 bytes of an array, 40 hex digits: two arrays
 * that differ only later have the same. It tells arrays apart; it does not protect them.
 *
 * Source: rs-embed, `keys.json` of its interop fixtures.
 *
 * @example
 * ```ts
 * import { ndarray } from "@rsembed/core";
 * import { arraySha1 } from "@rsembed/writers";
 * import assert from "node:assert/strict";
 *
 * const vector = ndarray("float32", {
 *   axes: ["d"], shape: [6], data: Float32Array.of(0, 1, 2, 3, 4, 5),
 * });
 * assert.equal(arraySha1(vector), "710320dc6649ff63c5bbb388f23f2d25d53c887a");
 * ```
 */
export function arraySha1(array: AnyArray): string {
  return createHash("sha1")
    .update(`${array.dtype}${pythonShape(array.shape)}`)
    .update(bytesOf(array).subarray(0, hashedBytes))
    .digest("hex");
}
