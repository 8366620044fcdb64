/**
 * Reference cases: a folder with `case.json`, `io.npz` and mostly a checkpoint.
 *
 * @module
 */

import { type Dtype, type NdArray, RsembedError } from "@rsembed/core";
import { readdir, readFile } from "node:fs/promises";
import { resolve } from "node:path";

/** An array of a case. */
export type GoldenArray = NdArray<readonly string[], Dtype>;

/** An array as the case declares it. */
export interface DeclaredArray {
  readonly name: string;
  readonly meaning: string;
}

/** Error allowed elementwise: `|a - b| <= atol + rtol * |b|`. */
export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

/** A reference case, read leniently: families differ in what they say. */
export interface GoldenCase {
  readonly folder: string;
  readonly family: string;
  readonly name: string;
  /** Where the case says nothing: `preprocess` if it is named so, else `encoder`. */
  readonly kind: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
  /** Cases that are no arrays. */
  readonly items: readonly Readonly<Record<string, unknown>>[];
  /** Names of the declared inputs and outputs. */
  readonly declared: readonly string[];
  /** `null` where the case is held to another measure. */
  readonly tolerance: Tolerance | null;
  /** Path of the checkpoint, or `null` where there is none. */
  readonly checkpoint: string | null;
  /** Arrays by name. */
  readonly arrays: ReadonlyMap<string, GoldenArray>;
}

/** Reads the arrays of an `.npz` file. */
export type ReadArrays = (path: string) => Promise<ReadonlyMap<string, GoldenArray>>;

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
}

function names(value: unknown): string[] {
  return Array.isArray(value) ? value.map((item) => String(record(item).name)) : [];
}

/** The path that the case names, or the file `checkpoint.*` beside it. */
async function checkpointOf(folder: string, stated: unknown): Promise<string | null> {
  // some cases go on to describe the file behind a comma or in brackets
  if (typeof stated === "string") return resolve(folder, stated.split(/,| \(/, 1)[0]!.trim());
  const found = (await readdir(folder)).find((file) => file.startsWith("checkpoint."));
  return found === undefined ? null : resolve(folder, found);
}

/**
 * Opens a case.
 *
 * @throws {RsembedError} `corrupt` where `case.json` is no case
 */
export async function openGoldenCase(folder: string, readArrays: ReadArrays): Promise<GoldenCase> {
  const json = record(JSON.parse(await readFile(resolve(folder, "case.json"), "utf8")));
  const { family, case: name } = json;
  if (typeof family !== "string" || typeof name !== "string") {
    throw new RsembedError(
      "corrupt",
      `Cannot run "${folder}": its case.json names no family and case`,
      {
        facts: { source: folder },
      },
    );
  }
  const guess = name.startsWith("preprocess") ? "preprocess" : "encoder";
  const { rtol, atol } = record(json.tolerance);
  const declared = [...names(json.inputs), ...names(json.outputs)];
  return {
    folder,
    family,
    name,
    kind: typeof json.kind === "string" ? json.kind : guess,
    config: record(json.config),
    options: record(json.adapter_options),
    items: Array.isArray(json.items) ? json.items.map(record) : [],
    declared,
    tolerance: typeof rtol === "number" && typeof atol === "number" ? { rtol, atol } : null,
    checkpoint: await checkpointOf(folder, json.checkpoint),
    arrays: declared.length > 0 ? await readArrays(resolve(folder, "io.npz")) : new Map(),
  };
}
