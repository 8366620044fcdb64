/**
 * Exports read back: ours and rs-embed's, one file or a folder.
 *
 * @module
 */

import { stat } from "node:fs/promises";
import {
  isRsembedError,
  type NdArray,
  RsembedError,
  type RunOptions,
  type Spatial,
  type TemporalSpec,
} from "@rsembed/core";
import { type FormatCatalog, isObjectPath, writers } from "@rsembed/writers";
import { loadCombined } from "./load_combined.ts";
import { loadPerItem } from "./load_per_item.ts";
import type { JsonObject } from "./spec_json.ts";

/** One place of a loaded model. */
export interface LoadedRow {
  /** Position of the place in the export. */
  readonly index: number;
  /** Its value, without a place axis. */
  readonly array: NdArray<readonly string[], "float32">;
}

/** What an export holds of one model. Arrays are read when asked for. */
export interface LoadedModel {
  /** As the caller of the export wrote it. */
  readonly name: string;
  /** `ok`, `partial` or `failed`; `running` for an unfinished export of rs-embed. */
  readonly status: string;
  /** Why the model failed as a whole, else `null`. */
  readonly error: string | null;
  /** Metadata by place; `null` where the place failed. */
  readonly meta: readonly (JsonObject | null)[];
  /**
   * All embeddings, (N, D) or (N, D, H, W), with NaN rows for places that failed; `null` if there are none
   * or their shapes differ.
   */
  embeddings(options?: RunOptions): Promise<NdArray | null>;
  /** All saved inputs, (N, C, H, W) or (N, T, C, H, W), with NaN rows; `null` as for embeddings. */
  inputs(options?: RunOptions): Promise<NdArray | null>;
  /** The shape that `embeddings` or `inputs` would have, without reading any value; `null` where they would be. */
  shapeOf(kind: "embedding" | "input", options?: RunOptions): Promise<readonly number[] | null>;
  /** The places that have a value, in order, one at a time: also where shapes differ. */
  rows(kind: "embedding" | "input", options?: RunOptions): AsyncIterable<LoadedRow>;
}

/** An export, opened. */
export interface LoadedExport extends AsyncDisposable {
  /** How its files are laid out. */
  readonly layout: "combined" | "per_item";
  /** Number of places. */
  readonly itemCount: number;
  /** `ok`, `partial` or `failed`; `running` for an unfinished export of rs-embed. */
  readonly status: string;
  /** Places; `null` where the export has lost them. */
  readonly spatials: readonly (Spatial | null)[];
  /** The window of the run. */
  readonly temporal: TemporalSpec | null;
  /** By name, as the caller of the export wrote it. */
  readonly models: Readonly<Record<string, LoadedModel>>;
  /** The manifest as it lies on disk; that of the first place for per-item exports. */
  readonly manifest: JsonObject;
}

/** Options of {@linkcode loadExport}. */
export interface LoadOptions extends RunOptions {
  /** File formats. @default those of `@rsembed/writers` */
  readonly writers?: FormatCatalog;
}

/** Whether a folder is one file of a format that writes folders. */
function isFolderFormat(path: string, formats: FormatCatalog): boolean {
  const lower = path.toLowerCase().replace(/[\\/]+$/, "");
  return Object.values(formats).some(({ card }) =>
    card.folder && card.extensions.some((extension) => lower.endsWith(extension))
  );
}

/**
 * Opens an export: the array file of a combined one, its manifest, or the folder of a per-item one. A Zarr in a bucket
 * is read from there, as `s3://bucket/run.zarr`, with the manifest beside it.
 *
 * Better than rs-embed's reader where that one is wrong: saved inputs of partly failed runs keep their
 * rows, ragged arrays are no error, and a run with partly failed models is `partial`.
 *
 * @throws {RsembedError} `not-found` if there is nothing, `corrupt` if manifests or arrays are damaged,
 * `unsupported` for unknown formats
 */
export async function loadExport(path: string, options: LoadOptions = {}): Promise<LoadedExport> {
  const formats = options.writers ?? writers;
  if (isObjectPath(path)) return await loadCombined(path, formats, options);
  try {
    const isFolder = (await stat(path)).isDirectory() && !isFolderFormat(path, formats);
    return isFolder
      ? await loadPerItem(path, formats, options)
      : await loadCombined(path, formats, options);
  } catch (cause) {
    if (isRsembedError(cause) || (cause as { code?: string }).code !== "ENOENT") throw cause;
    throw new RsembedError("not-found", `Cannot open the export "${path}": there is no such file`, {
      facts: { name: path },
      cause,
    });
  }
}
