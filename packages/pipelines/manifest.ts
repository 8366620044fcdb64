/**
 * Manifests: what an export says of itself beside its arrays, with rs-embed's keys, as strict JSON.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { basename } from "node:path";
import {
  arrayKey,
  type Dtype,
  errorMessage,
  type ExportConfig,
  type ExportTarget,
  fingerprint,
  type InputPrepSpec,
  isRsembedError,
  type Json,
  type NdArray,
  ndarray,
  type OutputSpec,
  type Pixels,
  type ResolvedModel,
  RsembedError,
  type TemporalSpec,
} from "@rsembed/core";
import type { FormatCard, WrittenFile } from "@rsembed/writers";
import { describeCard } from "./describe.ts";
import type { ExportFailure, ExportRun, ModelResult, Status } from "./export_run.ts";
import type { StoredPlace } from "./journal/journal_line.ts";
import { type JsonObject, outputJson, sensorJson, temporalJson } from "./spec_json.ts";

/** Version of these packages, for manifests. */
export const packageVersion = "0.1.0";

/** `2026-11-20T20:08:50Z` */
export function timestamp(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

/** An error as it stands in a manifest. */
export function errorText(error: unknown): string {
  if (isRsembedError(error)) return `RsembedError(${error.code}): ${error.message}`;
  return error instanceof Error ? `${error.name}: ${errorMessage(error)}` : String(error);
}

/**
 * Refuses models whose array keys would collide.
 *
 * @throws {RsembedError} `spec`
 */
export function checkModelKeys(names: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    const key = arrayKey(name);
    const other = seen.get(key);
    if (other !== undefined) {
      throw new RsembedError(
        "spec",
        `Cannot export "${other}" and "${name}" together: both arrays would be named ${key}`,
        { facts: { field: "models", value: name } },
      );
    }
    seen.set(key, name);
  }
}

/** The identity of a request: what decides the numbers, and nothing else. */
export function runFingerprint(request: {
  readonly models: readonly ResolvedModel[];
  readonly temporal: TemporalSpec | null;
  readonly output: OutputSpec;
  readonly inputPrep: InputPrepSpec;
  readonly backend: string;
  readonly source: Json | undefined;
  readonly config: ExportConfig;
  readonly target: ExportTarget;
}): Promise<string> {
  const { models, temporal, output, inputPrep, backend, source, config } = request;
  const { format, saveInputs, saveEmbeddings, failOnBadInput, quantization } = config;
  return fingerprint({
    version: 1,
    models,
    temporal,
    output,
    inputPrep,
    backend,
    ...(source === undefined ? {} : { source }),
    format,
    saveInputs,
    saveEmbeddings,
    failOnBadInput,
    quantization,
    layout: request.target.layout,
  });
}

/** Pixels as they are saved: (C, H, W) for a single frame, else (T, C, H, W). */
export function savedInput(pixels: Pixels): NdArray<readonly string[], Dtype> {
  const [t, c, h, w] = pixels.shape;
  return t === 1
    ? ndarray("float32", { axes: ["band", "y", "x"], shape: [c, h, w], data: pixels.data })
    : pixels;
}

/**
 * For each model, the first model whose saved input is the very same: it is stored once.
 */
export function inputOwners(run: Pick<ExportRun, "embedders" | "temporal">): number[] {
  const keys = run.embedders.map((embedder) =>
    JSON.stringify([
      { ...sensorJson(embedder.model.sensor), modality: null },
      embedder.frames(run.temporal),
    ])
  );
  return keys.map((key) => keys.indexOf(key));
}

/** The fields that combined and per-item manifests share. */
export function manifestHead(run: ExportRun, startedAt: Date): JsonObject {
  return {
    created_at: timestamp(startedAt),
    backend: run.backend,
    device: run.device,
    temporal: temporalJson(run.temporal),
    output: outputJson(run.output),
    package_version: packageVersion,
    request_fingerprint: run.fingerprint,
  };
}

/** What a manifest says of the array file beside it; rs-embed has names of its own for two formats. */
export function fileFields({ path, keys }: WrittenFile, { id }: FormatCard): JsonObject {
  const name = basename(path);
  if (id === "npz") return { npz_path: name, npz_keys: keys };
  if (id === "netcdf" || id === "hdf5") return { nc_path: name, nc_variables: keys };
  return { data_path: name, data_keys: keys, format: id };
}

/** The fields of a model's entry that do not depend on results. */
export function modelHead(run: ExportRun, position: number): JsonObject {
  const { card, model } = run.embedders[position]!;
  return {
    model: model.name,
    sensor: sensorJson(model.sensor),
    describe: describeCard(card),
    model_config: {
      variant: model.variant,
      ...model.options,
      ...(model.precision === "float32" ? {} : { precision: model.precision }),
    },
  };
}

/** The error of a model at a place, if any. */
export function failureOf({ input, embedding }: ModelResult): unknown | null {
  if (!input.ok) return input.error;
  return embedding && !embedding.ok ? embedding.error : null;
}

/** The identity of a sequence of places, from those of each. */
export function placesFingerprint(): { add(identity: string): void; digest(): string } {
  const hash = createHash("sha256");
  return {
    add: (identity) => void hash.update(`${identity}\n`),
    digest: () => hash.digest("hex"),
  };
}

/** Status of many from the statuses of each. */
export function overall(statuses: readonly Status[]): Status {
  if (statuses.every((status) => status === "ok")) return "ok";
  return statuses.every((status) => status === "failed") ? "failed" : "partial";
}

/** Counts places and keeps the first failures, however many there are. */
export class Tally {
  itemCount = 0;
  okCount = 0;
  failureCount = 0;
  readonly failures: ExportFailure[] = [];

  /** Adds one place of a journal. */
  addStored({ index, models }: StoredPlace, names: readonly string[]): void {
    this.itemCount++;
    for (const [position, { error }] of models.entries()) {
      if (error) this.fail({ index, model: names[position]!, message: error.message });
    }
    if (models.every(({ error }) => error === null)) this.okCount++;
  }

  /** Adds one failure. */
  fail(failure: ExportFailure): void {
    this.failureCount++;
    if (this.failures.length < 100) this.failures.push(failure);
  }
}
