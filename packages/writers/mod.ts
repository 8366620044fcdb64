/**
 * Formats: embeddings to files, and back.
 *
 * @example Two embeddings to one file
 * ```ts
 * import { openArrayFile, writers } from "@rsembed/writers";
 * import { ndarray } from "@rsembed/core";
 * import assert from "node:assert/strict";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const path = join(await mkdtemp(join(tmpdir(), "rsembed-")), "run.npz");
 * const format = await writers.npz.load();
 *
 * const writer = await format.create(path, { layout: "combined", placeCount: 2 });
 * try {
 *   for (const index of [0, 1]) {
 *     const array = ndarray("float32", { axes: ["d"], shape: [3] });
 *     await writer.write([{ index, kind: "embedding", model: "mosaiks", array }]);
 *   }
 *   const written = await writer.commit();
 *   assert.deepEqual(written.keys, ["embeddings__mosaiks"]);
 * } finally {
 *   await writer[Symbol.asyncDispose]();
 * }
 *
 * const file = await openArrayFile(path);
 * assert.deepEqual((await file.read("embeddings__mosaiks")).shape, [2, 3]);
 * await file[Symbol.asyncDispose]();
 * ```
 *
 * @module
 */

export { arraySha1 } from "./array_sha1.ts";
export { type ArraySink, type ArraySource, arrayWriter } from "./array_writer.ts";
export {
  type AtomicFile,
  type AtomicOptions,
  createAtomic,
  writeFileAtomic,
  type WriteFileOptions,
} from "./atomic.ts";
export { writers } from "./catalog.ts";
export { type Disk, disk, type DiskFile, onDisk } from "./disk.ts";
export { openArrayFile, type OpenArrayFileOptions } from "./open_array_file.ts";
export {
  type AnyArray,
  type ArrayFile,
  type ArrayInfo,
  type Cell,
  type CommitOptions,
  type CreateOptions,
  type Format,
  type FormatCard,
  type FormatCatalog,
  type OpenOptions,
  type StoredColumn,
  type Writer,
  type WrittenFile,
} from "./writer.ts";
