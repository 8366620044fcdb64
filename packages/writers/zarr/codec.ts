/**
 * Compression of chunks.
 *
 * @module
 */

import * as zlib from "node:zlib";

/** A codec of bytes, as its metadata names it. */
export interface ChunkCodec {
  readonly name: "zstd";
  readonly configuration: Readonly<Record<string, unknown>>;
  encode(bytes: Uint8Array): Promise<Uint8Array>;
}

const level = 3;

/** What Node has from 22.15 on, and Deno and Bun have too. */
const native = zlib as {
  readonly zstdCompressSync?: (
    bytes: Uint8Array,
    options: { readonly params: Readonly<Record<number, number>> },
  ) => Uint8Array;
  readonly constants: Readonly<Record<string, number>>;
};

/** Zstandard: of the runtime where it has it, else in WebAssembly. */
export async function openCodec(): Promise<ChunkCodec> {
  const configuration = { level, checksum: false };
  const { zstdCompressSync, constants } = native;
  if (zstdCompressSync) {
    const params = { [constants["ZSTD_c_compressionLevel"]!]: level };
    return {
      name: "zstd",
      configuration,
      encode: (bytes) => Promise.resolve(zstdCompressSync(bytes, { params })),
    };
  }
  const { default: Zstd } = await import("numcodecs/zstd");
  const codec = Zstd.fromConfig({ id: "zstd", level });
  return { name: "zstd", configuration, encode: async (bytes) => await codec.encode(bytes) };
}
