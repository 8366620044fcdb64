/**
 * Whether an export is whole: every array there, as its manifest says.
 *
 * @module
 */

import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errorMessage, type RunOptions } from "@rsembed/core";
import { arraySha1, openArrayFile } from "@rsembed/writers";
import { fileSha256 } from "./file_sha256.ts";
import { type LoadedExport, type LoadedModel, loadExport, type LoadOptions } from "./load.ts";
import { namedFile, readManifest } from "./manifest_file.ts";
import type { JsonObject } from "./spec_json.ts";

/** What {@linkcode verifyExport} found. */
export interface Verification {
  /** Whether nothing is wrong. */
  readonly ok: boolean;
  /** How the export said it ended. */
  readonly status: string;
  /** Number of places. */
  readonly itemCount: number;
  /** Values that were read: embeddings and inputs, one a place and model. */
  readonly valueCount: number;
  /** Files and arrays whose checksum agreed. */
  readonly checksumCount: number;
  /** What is wrong, the first hundred. */
  readonly problems: readonly string[];
  /** Number of problems. */
  readonly problemCount: number;
}

const mostProblems = 100;

/** Collects what is wrong. */
class Findings {
  readonly problems: string[] = [];
  problemCount = 0;
  valueCount = 0;
  checksumCount = 0;

  add(problem: string): void {
    this.problemCount++;
    if (this.problems.length < mostProblems) this.problems.push(problem);
  }
}

/** Reads all values of a model; each place has one, or is told to have failed. */
async function checkModel(
  { name, meta, rows, status }: LoadedModel,
  { findings, itemCount, ...options }: {
    readonly findings: Findings;
    readonly itemCount: number;
  } & RunOptions,
): Promise<void> {
  for (const kind of ["embedding", "input"] as const) {
    const seen = new Set<number>();
    try {
      for await (const { index, array } of rows(kind, options)) {
        findings.valueCount++;
        if (seen.has(index) || index >= itemCount) {
          findings.add(
            `${kind} of ${name} at place ${index}: it is there twice, or beyond the end`,
          );
        }
        seen.add(index);
        if (kind === "embedding" && !array.data.some(Number.isFinite)) {
          findings.add(`embedding of ${name} at place ${index}: no number in it is finite`);
        }
      }
    } catch (error) {
      if (options.signal?.aborted) throw error;
      findings.add(`${kind} of ${name}: ${errorMessage(error)}`);
      continue;
    }
    if (kind === "input" || seen.size === 0 && status === "failed") continue;
    const lacking = meta.flatMap((entry, index) =>
      entry !== null && !seen.has(index) ? [index] : []
    );
    for (const index of lacking) {
      findings.add(`embedding of ${name} at place ${index}: it is missing`);
    }
  }
}

/** Holds the file of a combined export against the checksum in its manifest. */
async function checkFile(
  path: string,
  { manifest, findings, ...options }: {
    readonly manifest: JsonObject;
    readonly findings: Findings;
  } & RunOptions,
): Promise<void> {
  const { data_sha256: wanted } = manifest;
  const name = namedFile(manifest, "npz_path", "nc_path", "data_path");
  if (typeof wanted !== "string" || name === null) return;
  try {
    const found = await fileSha256(join(dirname(path), name), options);
    if (found === wanted) findings.checksumCount++;
    else findings.add(`${name}: its SHA-256 is ${found}, the manifest says ${wanted}`);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    findings.add(`${name}: ${errorMessage(error)}`);
  }
}

/** Holds the arrays of one place against the checksums in its manifest. */
async function checkItem(
  dir: string,
  { manifest, findings, ...options }: {
    readonly manifest: JsonObject;
    readonly findings: Findings;
  } & LoadOptions,
): Promise<void> {
  const name = namedFile(manifest, "npz_path", "nc_path", "data_path");
  const models = manifest["models"];
  if (name === null || !Array.isArray(models)) return;
  try {
    const file = await openArrayFile(join(dir, name), options);
    try {
      for (const entry of models as JsonObject[]) {
        for (const kind of ["embedding", "input"]) {
          const { npz_key: key, sha1 } = (entry[kind] ?? {}) as JsonObject;
          if (typeof key !== "string" || typeof sha1 !== "string") continue;
          const found = arraySha1(await file.read(key, options));
          if (found === sha1) findings.checksumCount++;
          else findings.add(`${name}, ${key}: its checksum is ${found}, the manifest says ${sha1}`);
        }
      }
    } finally {
      await file[Symbol.asyncDispose]();
    }
  } catch (error) {
    if (options.signal?.aborted) throw error;
    findings.add(`${name}: ${errorMessage(error)}`);
  }
}

async function checkItems(
  dir: string,
  findings: Findings,
  options: LoadOptions,
): Promise<void> {
  for (const name of (await readdir(dir)).sort()) {
    if (!name.endsWith(".json")) continue;
    options.signal?.throwIfAborted();
    await checkItem(dir, { manifest: await readManifest(join(dir, name)), findings, ...options });
  }
}

/**
 * Reads an export from end to end: whether every array is there and readable, agrees with the checksums of the
 * manifests, and every place has a value or is told to have failed.
 *
 * @param path As for {@linkcode loadExport}
 * @throws {RsembedError} `not-found` and `corrupt` as {@linkcode loadExport}, where there is nothing to verify
 *
 * @example
 * ```ts
 * import { exportBatch, verifyExport } from "@rsembed/pipelines";
 * import { pointBuffer } from "@rsembed/core";
 * import assert from "node:assert/strict";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const path = join(await mkdtemp(join(tmpdir(), "rsembed-")), "run.npz");
 * await exportBatch({
 *   spatials: [pointBuffer({ lon: 9.845, lat: 57.227, bufferM: 160 })],
 *   models: ["mosaiks"],
 *   target: { layout: "combined", path },
 * }, { backend: "synthetic" });
 * assert.equal((await verifyExport(path)).ok, true);
 * ```
 */
export async function verifyExport(path: string, options: LoadOptions = {}): Promise<Verification> {
  const findings = new Findings();
  const { signal } = options;
  const run: LoadedExport = await loadExport(path, options);
  try {
    const { manifest, itemCount, layout, status } = run;
    if (layout === "combined") {
      await checkFile(path, { manifest, findings, ...(signal ? { signal } : {}) });
    } else {
      await checkItems(path, findings, options);
    }
    for (const model of Object.values(run.models)) {
      await checkModel(model, { findings, itemCount, ...(signal ? { signal } : {}) });
    }
    const { problems, problemCount, valueCount, checksumCount } = findings;
    return {
      ok: problemCount === 0,
      status,
      itemCount,
      valueCount,
      checksumCount,
      problems,
      problemCount,
    };
  } finally {
    await run[Symbol.asyncDispose]();
  }
}
