/**
 * CRC-32 as zip files use it.
 *
 * @module
 */

import * as zlib from "node:zlib";

let table: Uint32Array | null = null;

/** Source: RFC 1952, section 8, the table-driven form. */
export function crc32Plain(bytes: Uint8Array, start = 0): number {
  if (table === null) {
    table = new Uint32Array(256);
    for (let n = 0; n < 256; n++) {
      let c = n;
      for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
      table[n] = c;
    }
  }
  let crc = ~start;
  for (let i = 0; i < bytes.length; i++) crc = table[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

// several times as fast, and missing in Node 20 before 20.15
const runtimeCrc32 = typeof zlib.crc32 === "function" ? zlib.crc32 : crc32Plain;

/**
 * CRC-32 of bytes that follow others with CRC-32 `start`, as zip files and PNG use it.
 *
 * @example
 * ```ts
 * import { crc32 } from "@rsembed/writers";
 * import assert from "node:assert/strict";
 *
 * assert.equal(crc32(new TextEncoder().encode("123456789")), 0xcbf43926);
 * ```
 */
export function crc32(bytes: Uint8Array, start = 0): number {
  // Node 20 forgets `start` when there are no bytes
  return bytes.length === 0 ? start : runtimeCrc32(bytes, start);
}
