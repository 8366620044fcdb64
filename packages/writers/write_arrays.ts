/**
 * Datasets in any format that holds named arrays: which arrays a dataset consists of is decided here, how they are
 * stored is up to the format's {@linkcode ArraySink}.
 *
 * @module
 */

import type { RunOptions } from "@rsembed/core";
import { checkTarget } from "./atomic.ts";
import { checkDistinctKeys, storedColumn } from "./columns.ts";
import type { Dataset, DatasetColumn } from "./dataset.ts";
import type { ArrayInfo, StoredColumn, WriteOptions, WrittenFile } from "./writer.ts";

/** An array whose values come in pieces. */
export interface ArraySource extends ArrayInfo {
  /** The values in C order, little-endian, cut anywhere; a piece holds until the next is asked for. */
  readonly chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** A file of named arrays in the making. Disposing without `commit` leaves nothing behind. */
export interface ArraySink extends AsyncDisposable {
  /**
   * Adds an array.
   *
   * @throws {TypeError} If the name is taken or no name for an array
   * @throws {RangeError} If there are more or fewer bytes than dtype and shape say
   */
  add(name: string, array: ArraySource, options?: RunOptions): Promise<void>;
  /** Completes the file under its final name, durably. */
  commit(options?: RunOptions): Promise<{ readonly sizeBytes: number }>;
}

/** Options of {@linkcode writeArrays}. */
export interface WriteArraysOptions extends WriteOptions {
  /** Starts the file. */
  readonly open: () => Promise<ArraySink>;
}

async function addColumn(
  sink: ArraySink,
  { column, stored }: { readonly column: DatasetColumn; readonly stored: StoredColumn },
  options: RunOptions,
): Promise<void> {
  const { dtype } = column;
  if (stored.shape !== null) {
    const chunks = column.values(undefined, options);
    await sink.add(stored.keys[0]!, { dtype, shape: stored.shape, chunks }, options);
    return;
  }
  for (const [row, key] of stored.keys.entries()) {
    const chunks = column.values({ start: row, end: row + 1 }, options);
    await sink.add(key, { dtype, shape: column.shapeOf(row), chunks }, options);
  }
}

/**
 * Writes a dataset as named arrays.
 *
 * @param path Where the file will stand
 * @throws {RsembedError} `spec` for models whose arrays would have one name; `exists` and `unavailable` as
 * {@linkcode Format.write}
 */
export async function writeArrays(
  path: string,
  dataset: Dataset,
  { open, overwrite, disk, ...options }: WriteArraysOptions,
): Promise<WrittenFile> {
  options.signal?.throwIfAborted();
  checkDistinctKeys(dataset.columns.map(({ model }) => model));
  await checkTarget(path, { overwrite, disk });
  const columns = dataset.columns.map((column) => storedColumn(column, dataset));
  const sink = await open();
  try {
    for (const [i, column] of dataset.columns.entries()) {
      await addColumn(sink, { column, stored: columns[i]! }, options);
    }
    const { sizeBytes } = await sink.commit(options);
    return { path, sizeBytes, columns, keys: columns.flatMap(({ keys }) => keys).sort() };
  } finally {
    await sink[Symbol.asyncDispose]();
  }
}
