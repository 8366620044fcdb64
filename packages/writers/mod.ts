/**
 * Formats: embeddings to files, and back.
 *
 * @example An embedding to a file
 * ```ts
 * import { memoryDataset, openArrayFile, writers } from "@rsembed/writers";
 * import { ndarray } from "@rsembed/core";
 * import assert from "node:assert/strict";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const path = join(await mkdtemp(join(tmpdir(), "rsembed-")), "run.npz");
 * const dataset = memoryDataset([{
 *   kind: "embedding",
 *   model: "mosaiks",
 *   array: ndarray("float32", { axes: ["d"], shape: [3] }),
 *   place: {
 *     index: 0,
 *     name: "p00000",
 *     footprint: null,
 *     start: null,
 *     end: null,
 *     source: "mine",
 *     items: [],
 *     validFraction: 1,
 *     grid: null,
 *   },
 * }], {
 *   layout: "combined",
 *   placeCount: 1,
 *   about: { createdBy: "mine", fingerprint: "", output: {}, models: [], quantization: null },
 * });
 * const format = await writers.npz.load();
 * const written = await format.write(path, dataset);
 * assert.deepEqual(written.keys, ["embeddings__mosaiks"]);
 *
 * const file = await openArrayFile(path);
 * assert.deepEqual((await file.read("embeddings__mosaiks")).shape, [1, 3]);
 * await file[Symbol.asyncDispose]();
 * ```
 *
 * @module
 */

export { arraySha1 } from "./array_sha1.ts";
export {
  type AtomicFile,
  type AtomicOptions,
  createAtomic,
  writeFileAtomic,
  type WriteFileOptions,
} from "./atomic.ts";
export { writers } from "./catalog.ts";
export { columnOrder, storedColumn } from "./columns.ts";
export { crc32 } from "./crc32.ts";
export type {
  ColumnKind,
  Dataset,
  DatasetAbout,
  DatasetColumn,
  DatasetFailure,
  DatasetModel,
  Quantization,
  RowPlace,
  RowRange,
} from "./dataset.ts";
export { type Disk, disk, type DiskFile, onDisk } from "./disk.ts";
export { type Cell, memoryDataset, type MemoryDatasetOptions } from "./memory_dataset.ts";
export { isObjectPath } from "./object_path.ts";
export { openArrayFile, type OpenArrayFileOptions } from "./open_array_file.ts";
export {
  type AnyArray,
  type ArrayFile,
  type ArrayInfo,
  type Format,
  type FormatCard,
  type FormatCatalog,
  type OpenOptions,
  type StoredColumn,
  type WriteOptions,
  type WrittenFile,
} from "./writer.ts";
export {
  type ArraySink,
  type ArraySource,
  writeArrays,
  type WriteArraysOptions,
} from "./write_arrays.ts";
