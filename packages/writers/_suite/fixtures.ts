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
import { bytesOf, type CatalogEntry, ndarray } from "@rsembed/core";
import { openArrayFile } from "../open_array_file.ts";
import type { AnyArray, Cell, CreateOptions, Format, FormatCard, WrittenFile } from "../writer.ts";

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
  placeCount: number | null,
): { readonly layout: "combined"; readonly placeCount: number | null } {
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

/** An embedding whose values tell its place. */
export function embedding(model: string, index: number, shape: readonly number[] = [4]): Cell {
  return { index, kind: "embedding", model, array: values(shape, index) };
}

/** An input whose values tell its place. */
export function input(model: string, index: number, shape: readonly number[] = [2, 3, 3]): Cell {
  return { index, kind: "input", model, array: values(shape, 100 + index) };
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

/** Writes batches of cells to a file. */
export async function writeAll(
  format: Format,
  path: string,
  { batches, ...options }: CreateOptions & { readonly batches: readonly (readonly Cell[])[] },
): Promise<WrittenFile> {
  const writer = await format.create(path, options);
  try {
    for (const batch of batches) await writer.write(batch);
    return await writer.commit();
  } finally {
    await writer[Symbol.asyncDispose]();
  }
}
