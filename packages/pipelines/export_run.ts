/**
 * A resolved export, and the seam between its stages and its layouts.
 *
 * @module
 */

import type {
  Embedding,
  ExportConfig,
  ExportTarget,
  InputPrepSpec,
  OutputSpec,
  Patch,
  RunOptions,
  Spatial,
  TemporalSpec,
} from "@rsembed/core";
import type { Embedder } from "@rsembed/embedders";
import type { Format, FormatCard } from "@rsembed/writers";
import type { Outcome } from "./runner.ts";

/** An export with every choice made. */
export interface ExportRun {
  readonly config: ExportConfig;
  readonly target: ExportTarget;
  /** The window asked of the provider. */
  readonly temporal: TemporalSpec | null;
  readonly output: OutputSpec;
  /** How patches larger than a model's input are brought to it. */
  readonly inputPrep: InputPrepSpec;
  /** Number of places, where known before the end. */
  readonly placeCount: number | null;
  /** Name of the provider in use. */
  readonly backend: string;
  /** The device asked for; the metadata of each embedding names the one that ran. */
  readonly device: string;
  readonly embedders: readonly Embedder[];
  readonly format: { readonly card: FormatCard; readonly format: Format };
  /** Checksum of the weights of each model, hex; `null` where it is not known. */
  readonly weightsSha256: readonly (string | null)[];
  /** SHA-256 of the request, places excepted, hex. */
  readonly fingerprint: string;
}

/** What became of one model at one place. */
export interface ModelResult {
  readonly input: Outcome<Patch>;
  /** `null` where embeddings are not asked for. */
  readonly embedding: Outcome<Embedding> | null;
}

/** What became of one place. */
export interface PlaceResult {
  /** Position of the place in the export. */
  readonly index: number;
  readonly spatial: Spatial;
  /** One entry a model, in the order of the run; `null` where what an earlier run gave is kept. */
  readonly models: readonly (ModelResult | null)[];
}

/** How a run, a model or a place ended. */
export type Status = "ok" | "partial" | "failed";

/** What went wrong at one place. */
export interface ExportFailure {
  /** Position of the place in the export. */
  readonly index: number;
  /** Name of the model, `*` for all of them. */
  readonly model: string;
  /** What went wrong. */
  readonly message: string;
}

/** How an export ended. */
export interface ExportReport {
  /** How the files are laid out. */
  readonly layout: ExportTarget["layout"];
  /** Name of the source of imagery. */
  readonly backend: string;
  /** How it ended. */
  readonly status: Status;
  /** Places seen. */
  readonly itemCount: number;
  /** Places at which every model succeeded. */
  readonly okCount: number;
  /** Places that an earlier run had done, and this one did not do again. */
  readonly skippedCount: number;
  /** The file, or the folder of files. */
  readonly path: string;
  /** The manifest of a combined export; `null` where none was asked for, and per item. */
  readonly manifestPath: string | null;
  /** Bytes of all array files. */
  readonly sizeBytes: number;
  /** The first 100 failures; all are in the manifests. */
  readonly failures: readonly ExportFailure[];
  /** Number of failures, model by model. */
  readonly failureCount: number;
}

/** Where results of an export go: one layout. */
export interface Sink extends AsyncDisposable {
  /** Which models are still to run at a place; `null` where all have, in a run that this one goes on with. */
  pending(index: number, place: Spatial): readonly boolean[] | null;
  write(results: readonly PlaceResult[], options: RunOptions): Promise<void>;
  /** Completes the export. `broken` holds models that failed as a whole. */
  finish(
    state: { readonly broken: ReadonlyMap<number, unknown> },
    options: RunOptions,
  ): Promise<ExportReport>;
}
