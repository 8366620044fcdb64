/**
 * Dataset exports: many places, several models, one file or one file a place.
 *
 * @module
 */

import {
  type Embedding,
  type ExportConfig,
  exportConfig,
  type ExportTarget,
  exportTarget,
  inputPrep,
  lookup,
  mapPool,
  type ModelRequest,
  type OutputSpec,
  type Patch,
  pooled,
  RsembedError,
  type Spatial,
  type TemporalSpec,
  validateOutput,
  validateSpatial,
  validateTemporal,
} from "@rsembed/core";
import { type Provider, providers } from "@rsembed/providers";
import { inspectPatch } from "@rsembed/providers/inspect";
import { type FormatCard, type FormatCatalog, isObjectPath, writers } from "@rsembed/writers";
import { openBackend, windowFor } from "./backend.ts";
import { openModel, type SourceOptions } from "./embed.ts";
import { combinedSink } from "./export_combined.ts";
import { perItemSink } from "./export_per_item.ts";
import { findFinished } from "./finished.ts";
import type { ExportReport, ExportRun, ModelResult, PlaceResult, Sink } from "./export_run.ts";
import { fetchPlace, planFetches } from "./imagery.ts";
import { checkModelKeys, runFingerprint } from "./manifest.ts";
import type { Outcome, Runner } from "./runner.ts";
import { sharedRuntime } from "./runtime.ts";
import { withExtension } from "./paths.ts";
import { inFetchOrder, type NumberedPlace } from "./place_order.ts";
import { ahead, chunked } from "./stages.ts";

/** What to export, where to, and how. Knobs that are left out have the defaults of `exportDefaults`. */
export interface ExportRequest extends Partial<ExportConfig> {
  /**
   * Places; an async iterable may be of any length. Those of an array are fetched with their neighbours, so that they
   * share what is read; rows are in the order given.
   */
  readonly spatials: readonly Spatial[] | AsyncIterable<Spatial>;
  /** When. @default 2022-06-01/2022-09-01, or any date for local files */
  readonly temporal?: TemporalSpec | null;
  /** `name?option=value` or request objects. */
  readonly models: readonly (string | ModelRequest)[];
  /** Where to. */
  readonly target: ExportTarget;
  /** The shape of embedding wanted. @default pooled("mean") */
  readonly output?: OutputSpec;
}

/** Options of {@linkcode exportBatch}. */
export interface ExportOptions extends SourceOptions {
  /** File formats. @default those of `@rsembed/writers` */
  readonly writers?: FormatCatalog;
}

/** A place on its way; without inputs where an earlier run has done it. */
interface FetchedPlace {
  readonly index: number;
  readonly spatial: Spatial;
  readonly inputs: readonly Outcome<Patch>[] | null;
  /** Which models are to run. */
  readonly pending: readonly boolean[];
}

/** A {@linkcode FetchedPlace} with its imagery. */
type PendingPlace = FetchedPlace & { readonly inputs: readonly Outcome<Patch>[] };

/** Everything that an export needs, opened. */
export interface OpenRun {
  readonly run: ExportRun;
  readonly runners: readonly Runner[];
  readonly provider: Provider;
  /** File of the combined layout. */
  readonly path: string | null;
}

/** What a format can hold of what is asked for: imagery is left out where nobody asked for it. */
function heldBy(
  { id, holds }: FormatCard,
  { config, request, output }: {
    readonly config: ExportConfig;
    readonly request: ExportRequest;
    readonly output: OutputSpec;
  },
): ExportConfig {
  const refuse = (what: string): never => {
    throw new RsembedError(
      "unsupported",
      `Cannot export ${what} as ${id}: it holds ${holds.join(", ")}`,
      {
        facts: { feature: `${what} in ${id}` },
      },
    );
  };
  const kind = output.mode === "grid" ? "grid" : "vector";
  if (config.saveEmbeddings && !holds.includes(kind)) refuse(`${kind}s`);
  if (holds.includes("input")) return config;
  if (request.saveInputs === true || !config.saveEmbeddings) refuse("imagery");
  return { ...config, saveInputs: false };
}

/** Makes every choice of a request, and refuses a bad one before any work. */
export async function openRun(request: ExportRequest, options: ExportOptions): Promise<OpenRun> {
  const { spatials, models, ...rest } = request;
  const given = exportConfig(
    Object.fromEntries(
      Object.entries(rest).filter(([key]) => !["temporal", "target", "output"].includes(key)),
    ),
  );
  const target = exportTarget(request.target);
  const count = Array.isArray(spatials) ? spatials.length : null;
  const refuse = (field: string, state: string): never => {
    throw new RsembedError("spec", `Cannot export: ${state}`, { facts: { field } });
  };
  if (count === 0) refuse("spatials", "there are no places");
  if (models.length === 0) refuse("models", "there are no models");
  if (
    target.names && count !== null && target.names.length !== count
  ) {
    refuse("names", `there are ${target.names.length} names for ${count} places`);
  }
  const format = lookup(options.writers ?? writers, given.format, "format");
  const output = validateOutput(request.output ?? pooled());
  const config = heldBy(format.card, { config: given, request, output });
  if (!format.card.layouts.includes(target.layout)) {
    throw new RsembedError(
      "unsupported",
      `Cannot export ${target.layout} files as ${format.card.id}: it has ${
        format.card.layouts.join(", ")
      }`,
      { facts: { feature: `${format.card.id} ${target.layout}` } },
    );
  }
  const where = target.layout === "combined" ? target.path : target.dir;
  if (isObjectPath(where) && !(format.card.objectStorage && target.layout === "combined")) {
    throw new RsembedError(
      "unsupported",
      `Cannot export to "${where}": combined exports as zarr go to object storage, others to a path`,
      { facts: { feature: `${format.card.id} in object storage` } },
    );
  }
  const runners = await Promise.all(models.map((model) => openModel(model, options)));
  checkModelKeys(runners.map(({ embedder }) => embedder.model.name));
  const cards = runners.map(({ embedder }) => embedder.card);
  const provider = await openBackend({
    backend: options.backend ?? "auto",
    providers: options.providers ?? providers,
    settings: options.settings ?? {},
    cards,
  });
  const temporal = windowFor(
    provider,
    request.temporal ? validateTemporal(request.temporal) : null,
    cards,
  );
  for (const { embedder } of runners) {
    if (!embedder.card.outputs.includes(output.mode)) {
      throw new RsembedError(
        "unsupported",
        `Cannot give ${output.mode} embeddings of ${embedder.model.name}: it gives ` +
          embedder.card.outputs.join(", "),
        { facts: { feature: output.mode } },
      );
    }
  }
  const resolved = {
    config,
    target,
    temporal,
    output,
    inputPrep: inputPrep(options.inputPrep),
    placeCount: count,
    backend: provider.name,
  };
  const run: ExportRun = {
    ...resolved,
    device: (options.runtime ?? sharedRuntime()).device,
    embedders: runners.map(({ embedder }) => embedder),
    weightsSha256: runners.map(({ embedder: { card, model } }) => {
      const { weights } = card.variants[model.variant] ?? {};
      return model.weights === null ? weights?.sha256 ?? null : null;
    }),
    format: { card: format.card, format: await format.load() },
    fingerprint: await runFingerprint({
      ...resolved,
      source: provider.identity,
      models: runners.map((r) => r.embedder.model),
    }),
  };
  const path = target.layout === "combined"
    ? withExtension(target.path, format.card.extensions)
    : null;
  return { run, runners, provider, path };
}

/** Embeds one chunk with one model; an error of the model as a whole is an outcome of every place. */
async function inferChunk(
  chunk: readonly PendingPlace[],
  position: number,
  { run, runner, broken }: { run: ExportRun; runner: Runner; broken: Map<number, unknown> },
  options: ExportOptions,
): Promise<(Outcome<Embedding> | null)[]> {
  const { config, output, temporal } = run;
  const wanted = chunk.filter(({ pending }) => pending[position]);
  const present = wanted.map(({ inputs }) => inputs[position]!).filter((input) => input.ok);
  let outcomes: Outcome<Embedding>[];
  if (broken.has(position)) {
    outcomes = present.map(() => ({ ok: false, error: broken.get(position) }));
  } else {
    try {
      outcomes = await runner.run(
        present.map(({ value }) => ({ patch: value, output, temporal })),
        {
          batchSize: config.inferBatchSize ?? config.chunkSize,
          inputPrep: run.inputPrep,
          signal: options.signal,
        },
      );
    } catch (error) {
      if (options.signal?.aborted) throw error;
      broken.set(position, error);
      outcomes = present.map(() => ({ ok: false, error }));
    }
  }
  const ran = outcomes.values();
  return chunk.map(({ inputs, pending }) => {
    const input = inputs[position]!;
    if (!pending[position]) return null;
    return input.ok ? ran.next().value! : input;
  });
}

/**
 * Exports embeddings of many places by several models. Stages overlap: while one chunk is embedded, the
 * next is fetched and the one before is written; memory is bounded by `chunkSize`.
 *
 * Nothing stands under a final name before it is complete. With `continueOnError`, a place or model that
 * fails is recorded in the manifest and the run goes on; without it, the first error ends the run.
 *
 * @throws {RsembedError} `spec` and `not-found` before any work; later the first error, unless
 * `continueOnError`
 *
 * @example
 * ```ts
 * import { exportBatch, loadExport } from "@rsembed/pipelines";
 * import { pointBuffer } from "@rsembed/core";
 * import assert from "node:assert/strict";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const path = join(await mkdtemp(join(tmpdir(), "rsembed-")), "run.npz");
 * const report = await exportBatch({
 *   spatials: [pointBuffer({ lon: 9.845, lat: 57.227, bufferM: 160 })],
 *   models: ["mosaiks"],
 *   target: { layout: "combined", path },
 * }, { backend: "synthetic" });
 * assert.equal(report.status, "ok");
 *
 * const run = await loadExport(path);
 * assert.equal((await run.models["mosaiks"]!.embeddings())?.shape[0], 1); // (N, D)
 * ```
 */
export async function exportBatch(
  request: ExportRequest,
  options: ExportOptions = {},
): Promise<ExportReport> {
  options.signal?.throwIfAborted();
  const opened = await openRun(request, options);
  const { run, path } = opened;
  if (path === null) return await runExport(opened, request, await perItemSink(run), options);
  const { report, spatials } = run.config.resume
    ? await findFinished(run, path, request.spatials)
    : { report: null, spatials: request.spatials };
  return report ??
    await runExport(opened, { spatials }, await combinedSink(run, path), options);
}

/** Runs the stages of an export into a sink, which is disposed of in the end. */
async function runExport(
  { run, runners, provider }: OpenRun,
  { spatials }: { readonly spatials: Iterable<Spatial> | AsyncIterable<Spatial> },
  sink: Sink,
  options: ExportOptions,
): Promise<ExportReport> {
  const { signal, onProgress } = options;
  const { config, embedders } = run;
  const total = run.placeCount;
  const groups = planFetches(embedders, run.temporal);
  const modelBands = embedders.map(({ model }) => model.sensor.bands);
  const broken = new Map<number, unknown>();
  let fetchedCount = 0;
  let inferredCount = 0;
  let writtenCount = 0;

  const fetchOne = async (place: NumberedPlace): Promise<FetchedPlace> => {
    const { index } = place;
    const spatial = validateSpatial(place.spatial);
    const pending = sink.pending(index, spatial);
    if (pending === null) {
      onProgress?.({ stage: "fetch", done: ++fetchedCount, total });
      return { index, spatial, inputs: null, pending: [] };
    }
    let inputs = await fetchPlace({ provider, groups, spatial, modelBands }, { ...config, signal });
    if (config.failOnBadInput) {
      inputs = inputs.map((input, i) => checkInput(input, embedders[i]!.model.name));
    }
    const failed = inputs.find((input) => !input.ok);
    if (failed && !failed.ok && !config.continueOnError) throw failed.error;
    onProgress?.({ stage: "fetch", done: ++fetchedCount, total });
    return { index, spatial, inputs, pending };
  };

  async function* inferred(
    chunks: AsyncIterable<FetchedPlace[]>,
  ): AsyncGenerator<{ results: PlaceResult[]; size: number }> {
    for await (const places of chunks) {
      const chunk = places.filter((place): place is PendingPlace => place.inputs !== null);
      const results: (ModelResult | null)[][] = chunk.map(() => []);
      for (const [position, runner] of runners.entries()) {
        const outcomes = config.saveEmbeddings
          ? await inferChunk(chunk, position, { run, runner, broken }, options)
          : null;
        const failed = outcomes?.find((outcome) => outcome && !outcome.ok);
        if (failed && !failed.ok && !config.continueOnError) throw failed.error;
        chunk.forEach(({ inputs, pending }, i) => {
          const result = { input: inputs[position]!, embedding: outcomes?.[i] ?? null };
          results[i]!.push(pending[position] ? result : null);
        });
      }
      inferredCount += places.length;
      onProgress?.({
        stage: "infer",
        model: embedders.map((e) => e.model.name).join(", "),
        done: inferredCount,
        total,
      });
      yield {
        results: chunk.map(({ index, spatial }, i) => ({ index, spatial, models: results[i]! })),
        size: places.length,
      };
    }
  }

  try {
    const places = inFetchOrder(spatials, run.placeCount);
    const fetched = mapPool(places, fetchOne, { concurrency: config.numWorkers, signal });
    const chunks = inferred(ahead(chunked(fetched, config.chunkSize), 1));
    for await (const { results, size } of config.asyncWrite ? ahead(chunks, 1) : chunks) {
      if (results.length > 0) await sink.write(results, { signal });
      writtenCount += size;
      onProgress?.({ stage: "write", done: writtenCount, total });
    }
    return await sink.finish({ broken }, { signal });
  } finally {
    await sink[Symbol.asyncDispose]();
  }
}

/** Turns a patch that fails inspection into an error. */
function checkInput(input: Outcome<Patch>, model: string): Outcome<Patch> {
  if (!input.ok) return input;
  const { provenance } = input.value;
  const report = inspectPatch(input.value, { name: model });
  if (report.ok) return input;
  return {
    ok: false,
    error: new RsembedError(
      "no-data",
      `Cannot use the imagery for ${model} from "${provenance.source}": ${
        report.issues.join("; ")
      }`,
      { facts: { source: provenance.source } },
    ),
  };
}

/**
 * Exports one place to one `.npz` file with its manifest.
 *
 * @param path `.npz` is appended where it is missing
 * @throws {RsembedError} As {@linkcode exportBatch}
 */
export function exportNpz(
  path: string,
  request: Omit<ExportRequest, "spatials" | "target" | "format"> & { readonly spatial: Spatial },
  options: ExportOptions = {},
): Promise<ExportReport> {
  const { spatial, ...rest } = request;
  return exportBatch(
    { ...rest, spatials: [spatial], format: "npz", target: { layout: "combined", path } },
    options,
  );
}
