/**
 * Writing `.npz` archives.
 *
 * @module
 */

import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createDeflateRaw } from "node:zlib";
import type { RunOptions } from "@rsembed/core";
import { type AtomicOptions, createAtomic } from "../atomic.ts";
import type { ArraySink, ArraySource } from "../write_arrays.ts";
import { crc32 } from "../crc32.ts";
import { encodeNpyHeader, npyDataBytes } from "./npy_header.ts";
import { centralHeader, endRecords, localHeader, type Member, methods } from "./zip_records.ts";

/** Options of {@linkcode createNpz}. */
export interface NpzOptions extends AtomicOptions {
  /**
   * `deflate` makes embeddings about a tenth smaller and writing many times slower.
   *
   * Stored files have the same bytes in every runtime; how far `deflate` shrinks is up to the runtime.
   *
   * @default "store"
   */
  readonly compression?: "store" | "deflate" | undefined;
}

/** Bytes the deflater is given at once. */
const blockBytes = 2 ** 16;

/** The same bytes in equal blocks: in some runtimes the deflated bytes depend on how they were cut. */
async function* inBlocks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let block = new Uint8Array(blockBytes);
  let filled = 0;
  for await (let chunk of chunks) {
    while (chunk.length > 0) {
      const part = chunk.subarray(0, blockBytes - filled);
      block.set(part, filled);
      filled += part.length;
      chunk = chunk.subarray(part.length);
      if (filled === blockBytes) {
        yield block;
        block = new Uint8Array(blockBytes);
        filled = 0;
      }
    }
  }
  if (filled > 0) yield block.subarray(0, filled);
}

/** The values of an array behind its header, counted. */
async function* npyBytes(
  name: string,
  array: ArraySource,
  { signal }: RunOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield encodeNpyHeader(array);
  const wanted = npyDataBytes(array);
  let given = 0;
  for await (const chunk of array.chunks) {
    signal?.throwIfAborted();
    given += chunk.length;
    if (given > wanted) break;
    yield chunk;
  }
  if (given !== wanted) {
    throw new RangeError(
      `Cannot write array "${name}": it was given ${
        given > wanted ? "more" : given
      } bytes, its dtype and shape need ${wanted}`,
    );
  }
}

/**
 * Starts an `.npz` archive, as `numpy.savez` writes them: a zip file with one `.npy` an array. The same
 * arrays in the same order give the same bytes; sizes are known in advance, so values stream through and
 * arrays may be larger than memory.
 *
 * @throws {RsembedError} `exists` if `path` is there and may not be replaced; `unavailable` if its folder
 * is missing or cannot be written to
 *
 * @example
 * ```ts
 * import { createNpz, openNpz } from "@rsembed/writers/npz";
 * import { bytesOf, ndarray } from "@rsembed/core";
 * import assert from "node:assert/strict";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const path = join(await mkdtemp(join(tmpdir(), "rsembed-")), "two.npz");
 * const vector = ndarray("float32", { axes: ["d"], shape: [2], data: Float32Array.of(1, 2) });
 *
 * const file = await createNpz(path);
 * try {
 *   await file.add("vector", { dtype: "float32", shape: [2], chunks: [bytesOf(vector)] });
 *   await file.commit();
 * } finally {
 *   await file[Symbol.asyncDispose]();
 * }
 *
 * const back = await openNpz(path);
 * assert.deepEqual((await back.read("vector")).data, vector.data);
 * await back[Symbol.asyncDispose]();
 * ```
 */
export async function createNpz(path: string, options: NpzOptions = {}): Promise<ArraySink> {
  const deflate = options.compression === "deflate";
  const file = await createAtomic(path, options);
  const members: Member[] = [];
  const names = new Set<string>();
  let end = 0;
  let failed = false;

  const append = async (bytes: Uint8Array): Promise<void> => {
    await file.write(bytes, end);
    end += bytes.length;
  };

  const addMember = async (
    name: string,
    array: ArraySource,
    options: RunOptions,
  ): Promise<void> => {
    const member = {
      name: new TextEncoder().encode(`${name}.npy`),
      method: deflate ? methods.deflated : methods.stored,
      sizeBytes: encodeNpyHeader(array).length + npyDataBytes(array),
      crc: 0,
      storedBytes: 0,
      offset: end,
    };
    await append(localHeader(member));
    const start = end;
    async function* counted() {
      for await (const chunk of npyBytes(name, array, options)) {
        member.crc = crc32(chunk, member.crc);
        yield chunk;
      }
    }
    if (deflate) {
      await pipeline(Readable.from(inBlocks(counted())), createDeflateRaw(), async (deflated) => {
        for await (const chunk of deflated) await append(chunk as Uint8Array);
      });
    } else {
      for await (const chunk of counted()) await append(chunk);
    }
    member.storedBytes = end - start;
    // now that the sum and the size are known
    await file.write(localHeader(member), member.offset);
    members.push(member);
  };

  const checkUsable = () => {
    if (failed) throw new TypeError(`Cannot write "${path}": an earlier call failed`);
  };

  return {
    async add(name, array, options = {}) {
      checkUsable();
      // deno-lint-ignore no-control-regex
      if (name === "" || name.length > 10_000 || /[\\\u0000]|^\/|(^|\/)\.\.(\/|$)/.test(name)) {
        throw new TypeError(`Cannot write array ${JSON.stringify(name)}: it is no name`);
      }
      if (names.has(name)) throw new TypeError(`Cannot write array "${name}" twice`);
      options.signal?.throwIfAborted();
      names.add(name);
      failed = true;
      await addMember(name, array, options);
      failed = false;
    },
    async commit(options = {}) {
      checkUsable();
      options.signal?.throwIfAborted();
      failed = true;
      const offset = end;
      const directory = members.map(centralHeader);
      for (const header of directory) await append(header);
      await append(endRecords({ count: members.length, offset, sizeBytes: end - offset }));
      options.signal?.throwIfAborted();
      await file.commit();
      return { sizeBytes: end };
    },
    [Symbol.asyncDispose]: async () => await file[Symbol.asyncDispose](),
  };
}
