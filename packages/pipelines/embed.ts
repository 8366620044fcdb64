/**
 * One embedding, or a stream of them.
 *
 * @module
 */

import {
  type Embedding,
  type FetchSpec,
  inputPrep,
  type InputPrepSpec,
  lookup,
  mapPool,
  type ModelRequest,
  type OutputSpec,
  parseModelRequest,
  type Patch,
  pooled,
  resolveModel,
  type RunOptions,
  type SensorInit,
  type Spatial,
  type TemporalSpec,
  validateOutput,
  validateSpatial,
  validateTemporal,
} from "@rsembed/core";
import { type EmbedderCatalog, embedders } from "@rsembed/embedders";
import { type ProviderCatalog, providers, type ProviderSettings } from "@rsembed/providers";
import { openBackend, windowFor } from "./backend.ts";
import { fetchPlace, planFetches } from "./imagery.ts";
import { openRunner, type Outcome, type Runner } from "./runner.ts";
import { type Runtime, sharedRuntime } from "./runtime.ts";
import { ahead, chunked } from "./stages.ts";

/** A place, a time and the shape of embedding wanted there. */
export interface EmbeddingRequest {
  /** Where. */
  readonly spatial: Spatial;
  /** When. @default 2022-06-01/2022-09-01, or any date for local files */
  readonly temporal?: TemporalSpec | null;
  /** The shape of embedding wanted. @default pooled("mean") */
  readonly output?: OutputSpec;
}

/** Where imagery and models come from. */
export interface SourceOptions extends RunOptions {
  /** `auto`, or the id of a provider. @default "auto" */
  readonly backend?: string;
  /** Settings of the provider. */
  readonly settings?: ProviderSettings;
  /** Imagery in place of the model's own choice. */
  readonly sensor?: SensorInit;
  /** Changes to the model's own choice of imagery. */
  readonly fetch?: FetchSpec;
  /** Model families. @default those of `@rsembed/embedders` */
  readonly embedders?: EmbedderCatalog;
  /** Sources of imagery. @default those of `@rsembed/providers` */
  readonly providers?: ProviderCatalog;
  /** Sessions and weights. @default one shared by the process */
  readonly runtime?: Runtime;
  /**
   * How patches larger than the model's input are brought to it: `tile` cuts and stitches, `resize` takes
   * them whole, `auto` tiles grids only. @default "tile"
   */
  readonly inputPrep?: InputPrepSpec["mode"] | Partial<InputPrepSpec>;
}

/** Options of {@linkcode getEmbeddingsBatch}. */
export interface BatchOptions extends SourceOptions {
  /** Places a model runs at once. @default 8 */
  readonly batchSize?: number;
  /** Fetches in flight at once. @default 8 */
  readonly numWorkers?: number;
  /** Attempts after the first, for fetching. @default 0 */
  readonly maxRetries?: number;
  /** Wait before the first retry, seconds. @default 0 */
  readonly retryBackoffS?: number;
}

/** One result of a batch: an embedding, or the error of that place. */
export type BatchResult =
  | { readonly ok: true; readonly index: number; readonly embedding: Embedding }
  | { readonly ok: false; readonly index: number; readonly error: unknown };

/** Loads the family of a model and makes every choice of the request. */
export async function openModel(
  request: string | ModelRequest,
  options: Pick<SourceOptions, "embedders" | "sensor" | "fetch" | "runtime"> = {},
): Promise<Runner> {
  const wanted = typeof request === "string" ? parseModelRequest(request) : request;
  const entry = lookup(options.embedders ?? embedders, wanted.name, "model");
  const model = resolveModel(entry.card, wanted, { sensor: options.sensor, fetch: options.fetch });
  const family = await entry.load();
  return openRunner({ family, model, runtime: options.runtime ?? sharedRuntime() });
}

/** Checks a request and fills in its defaults. */
function resolveRequest(request: EmbeddingRequest): Required<EmbeddingRequest> {
  return {
    spatial: validateSpatial(request.spatial),
    temporal: request.temporal ? validateTemporal(request.temporal) : null,
    output: validateOutput(request.output ?? pooled()),
  };
}

/**
 * Embeds many places with one model. Results come in the order of the requests; a place that fails is a
 * result with its error, and the others go on. Requests are pulled as results are taken, so their number
 * may be unknown and memory stays bounded.
 *
 * @throws {RsembedError} `not-found` or `spec` for the model or the backend; problems of a place are values
 *
 * @example
 * ```ts
 * import { getEmbeddingsBatch } from "@rsembed/pipelines";
 * import { pointBuffer } from "@rsembed/core";
 * import assert from "node:assert/strict";
 *
 * const places = [[9.845, 57.227], [-72.479, -38.831]].map(([lon, lat]) => ({
 *   spatial: pointBuffer({ lon: lon!, lat: lat!, bufferM: 160 }),
 * }));
 * let dims = 0;
 * for await (const result of getEmbeddingsBatch("mosaiks", places, { backend: "synthetic" })) {
 *   if (result.ok) dims = result.embedding.data.data.length; // one vector (D,) a place
 * }
 * assert(dims > 0);
 * ```
 */
export async function* getEmbeddingsBatch(
  model: string | ModelRequest,
  requests: Iterable<EmbeddingRequest> | AsyncIterable<EmbeddingRequest>,
  options: BatchOptions = {},
): AsyncGenerator<BatchResult, void, undefined> {
  const { signal, onProgress, batchSize = 8, numWorkers = 8, maxRetries = 0, retryBackoffS = 0 } =
    options;
  if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
    throw new RangeError(
      `Cannot run ${batchSize} places at once: batchSize is a whole number >= 1`,
    );
  }
  const prep = inputPrep(options.inputPrep);
  const runner = await openModel(model, options);
  const { embedder } = runner;
  const cards = [embedder.card];
  const provider = await openBackend({
    backend: options.backend ?? "auto",
    providers: options.providers ?? providers,
    settings: options.settings ?? {},
    cards,
  });

  const fetchOne = async (request: EmbeddingRequest, index: number) => {
    let patch: Outcome<Patch>;
    try {
      const { spatial, temporal: asked, output } = resolveRequest(request);
      const temporal = windowFor(provider, asked, cards);
      [patch] = await fetchPlace({
        provider,
        spatial,
        groups: planFetches([embedder], temporal),
        modelBands: [embedder.model.sensor.bands],
      }, { maxRetries, retryBackoffS, signal }) as [Outcome<Patch>];
      if (patch.ok) {
        return { ok: true, index, item: { patch: patch.value, output, temporal } } as const;
      }
    } catch (error) {
      if (signal?.aborted) throw error;
      patch = { ok: false, error };
    }
    return { ok: false, index, error: patch.error } as const;
  };

  const fetched = mapPool(requests, fetchOne, { concurrency: numWorkers, signal });
  for await (const chunk of ahead(chunked(fetched, batchSize), 1)) {
    const items = chunk.filter((entry) => entry.ok);
    const outcomes = await runner.run(items.map(({ item }) => item), {
      batchSize,
      inputPrep: prep,
      signal,
      onProgress,
    });
    const ran = outcomes.values();
    for (const entry of chunk) {
      const outcome = entry.ok ? ran.next().value! : entry;
      yield outcome.ok
        ? { ok: true, index: entry.index, embedding: outcome.value }
        : { ok: false, index: entry.index, error: outcome.error };
    }
  }
}

/**
 * Embeds one place.
 *
 * @param model `name?variant=...&option=...`, or a request object
 * @returns A vector (D,) or a grid (D, H, W), float32, with its metadata
 * @throws {RsembedError} `spec` for a bad request, `not-found` for unknown names, `no-data` where there is
 * no imagery, `unavailable` where weights or imagery cannot be had, `corrupt` for damaged inputs
 *
 * @example
 * ```ts
 * import { getEmbedding } from "@rsembed/pipelines";
 * import { grid, pointBuffer } from "@rsembed/core";
 * import assert from "node:assert/strict";
 *
 * const spatial = pointBuffer({ lon: 9.845, lat: 57.227, bufferM: 320 });
 * const { data } = await getEmbedding("mosaiks", { spatial, output: grid() }, { backend: "synthetic" });
 * assert.equal(data.shape.length, 3); // (D, H, W)
 * ```
 */
export async function getEmbedding(
  model: string | ModelRequest,
  request: EmbeddingRequest,
  options: SourceOptions = {},
): Promise<Embedding> {
  for await (const result of getEmbeddingsBatch(model, [request], { ...options, batchSize: 1 })) {
    if (result.ok) return result.embedding;
    throw result.error;
  }
  throw new Error("unreachable: a batch of one request gives one result");
}
