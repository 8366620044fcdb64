/**
 * Compression of pages.
 *
 * @module
 */

import * as zlib from "node:zlib";

/** How pages are made smaller. */
export interface Compression {
  /** Number of the codec in Parquet. */
  readonly codec: number;
  compress(bytes: Uint8Array): Uint8Array;
}

/** Fast, and the usual choice. */
const zstdLevel = 3;

/** What Node has from 22.15 on, and Deno and Bun have too. */
const native = zlib as {
  readonly zstdCompressSync?: (
    bytes: Uint8Array,
    options: { readonly params: Readonly<Record<number, number>> },
  ) => Uint8Array;
  readonly constants: Readonly<Record<string, number>>;
};

/** Zstandard where the runtime has it, else gzip. */
export function openCompression(): Compression {
  const { zstdCompressSync, constants } = native;
  if (!zstdCompressSync) {
    return { codec: 2, compress: (bytes) => zlib.gzipSync(bytes, { level: 1 }) };
  }
  const params = { [constants["ZSTD_c_compressionLevel"]!]: zstdLevel };
  return { codec: 6, compress: (bytes) => zstdCompressSync(bytes, { params }) };
}
