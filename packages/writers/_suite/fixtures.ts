/**
 * What the tests of formats share: values that tell where they belong, folders, and both ways through a
 * file.
 *
 * @module
 */

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { bytesOf, type CatalogEntry, ndarray, type RunOptions } from "@rsembed/core";
import { openArrayFile } from "../open_array_file.ts";
import type { DatasetAbout, RowPlace, RowRange } from "../dataset.ts";
import { type Cell, memoryDataset, type MemoryDatasetOptions } from "../memory_dataset.ts";
import type { AnyArray, Format, FormatCard, WriteOptions, WrittenFile } from "../writer.ts";

/** A format under test. */
export type Entry = CatalogEntry<FormatCard, Format>;

/** Declares a test of a format, which gets the path of a file that is not there, and its empty folder. */
export type It = (
  name: string,
  body: (format: Format, path: string, folder: string) => Promise<void>,
) => void;

/** Name of the file of tests. */
export function fileNameOf({ card }: Entry): string {
  return `run${card.extensions[0]}`;
}

/** Declares tests of an entry. */
export function testsOf(entry: Entry): It {
  return (name, body) =>
    test(`${entry.card.id}: ${name}`, () =>
      inFolder(async (folder) =>
        body(await entry.load(), join(folder, fileNameOf(entry)), folder)
      ));
}

/** Options of a file of many places. */
export function combined(
  placeCount: number,
): { readonly layout: "combined"; readonly placeCount: number } {
  return { layout: "combined", placeCount };
}

/** Numbers in [0, 1) that are the same in every run. */
export function randoms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Calls `body` with an empty folder that is removed afterwards. */
export async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "rsembed-writers-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A float32 array with values that tell `seed` and position. */
export function values(shape: readonly number[], seed = 0): AnyArray {
  const array = ndarray("float32", { axes: shape.map((_, i) => `d${i}`), shape });
  array.data.forEach((_, i) => array.data[i] = seed * 1000 + i + 0.5);
  return array;
}

/** A square of 1 km near Aalborg, another for every index. */
export function placeOf(index: number): RowPlace {
  const [lon, lat] = [9.8 + index / 50, 57.2];
  return {
    index,
    name: `p${String(index).padStart(5, "0")}`,
    footprint: [[lon, lat], [lon + 0.0165, lat], [lon + 0.0165, lat + 0.009], [lon, lat + 0.009]],
    start: "2022-06-01",
    end: "2022-09-01",
    source: "COPERNICUS/S2_SR_HARMONIZED",
    items: [`scene-${index}`],
    validFraction: 1,
    grid: null,
  };
}

/** What test files say of themselves. */
export const about: DatasetAbout = {
  createdBy: "rsembed 0.1.0",
  fingerprint: "f".repeat(64),
  output: { mode: "pooled", pooling: "mean" },
  models: [],
  quantization: null,
};

/** An embedding whose values tell its place. */
export function embedding(model: string, index: number, shape: readonly number[] = [4]): Cell {
  return { kind: "embedding", model, array: values(shape, index), place: placeOf(index) };
}

/** An input whose values tell its place. */
export function input(model: string, index: number, shape: readonly number[] = [2, 3, 3]): Cell {
  return { kind: "input", model, array: values(shape, 100 + index), place: placeOf(index) };
}

/** An array in a form that `deepEqual` compares exactly. */
export interface Content {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: readonly number[];
}

/** All arrays of a file, as dtype, shape and bytes. */
export async function contents(path: string): Promise<Record<string, Content>> {
  const file = await openArrayFile(path);
  try {
    const out: Record<string, Content> = {};
    for (const key of file.keys) {
      // some formats have coordinates too
      if (!/^(embedding|input)/.test(key)) continue;
      const array = await file.read(key);
      const { dtype, shape } = array;
      assert.deepEqual(await file.info(key), { dtype, shape });
      out[key] = { dtype, shape, bytes: [...bytesOf(array)] };
    }
    return out;
  } finally {
    await file[Symbol.asyncDispose]();
  }
}

/** What {@linkcode contents} says of one array with a leading axis over others. */
export function stacked(arrays: readonly AnyArray[]): Content {
  return {
    dtype: arrays[0]!.dtype,
    shape: [arrays.length, ...arrays[0]!.shape],
    bytes: arrays.flatMap((array) => [...bytesOf(array)]),
  };
}

/** What {@linkcode contents} says of one array. */
export function single({ dtype, shape, data }: AnyArray): Content {
  return { dtype, shape, bytes: [...bytesOf({ data })] };
}

/** Pieces that hold no longer than a dataset promises. */
async function* passing(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    const copy = piece.slice();
    yield copy;
    copy.fill(0xaa);
  }
}

/** What a test file is made of. */
export interface WriteAllOptions
  extends WriteOptions, Pick<MemoryDatasetOptions, "layout" | "placeCount"> {
  readonly cells: readonly Cell[];
}

/** Writes cells to a file. */
export async function writeAll(
  format: Format,
  path: string,
  { cells, layout, placeCount, ...options }: WriteAllOptions,
): Promise<WrittenFile> {
  const dataset = memoryDataset(cells, { layout, placeCount, about });
  const columns = dataset.columns.map((column) => ({
    ...column,
    values: (range?: RowRange, options?: RunOptions) => passing(column.values(range, options)),
  }));
  return await format.write(path, { ...dataset, columns }, options);
}
