/**
 * What an export would cost, before it starts.
 *
 * @module
 */

import {
  type Embedding,
  type ExportConfig,
  type Patch,
  RsembedError,
  type Spatial,
  validateSpatial,
} from "@rsembed/core";
import { type ExportOptions, type ExportRequest, type OpenRun, openRun } from "./export.ts";
import { type FetchGroup, fetchPlace, planFetches } from "./imagery.ts";
import { inputOwners } from "./manifest.ts";
import type { Outcome } from "./runner.ts";

/** What an export would cost. */
export interface ExportPlan {
  /** Number of places; `null` for a stream of unknown length. */
  readonly places: number | null;
  /** Names of the models. */
  readonly models: readonly string[];
  /** Name of the source of imagery. */
  readonly backend: string;
  /** Where to. */
  readonly path: string;
  /** Fetches of one place, each of one or several frames. */
  readonly fetchesPerPlace: number;
  /** Frames of one place, over all fetches. */
  readonly framesPerPlace: number;
  /** Imagery of one place, decoded, bytes. */
  readonly imageryBytesPerPlace: number;
  /** Embeddings and saved imagery of one place before compression, bytes. */
  readonly diskBytesPerPlace: number;
  /** Of all places, bytes; `null` where their number is not known. */
  readonly diskBytes: number | null;
  /** Time that opening the models took, seconds. */
  readonly startS: number;
  /** Time that the fetches of one place took, seconds. */
  readonly fetchS: number;
  /** Time that the models took for one place, seconds. */
  readonly inferS: number;
  /** About how long the export takes, seconds: the slower of fetching and embedding; `null` as above. */
  readonly estimatedS: number | null;
  /** Places that were tried out. */
  readonly sampled: number;
}

/** Places tried out at most. */
const maxSamples = 3;

/**
 * Tries the first places of an export out, up to three, and reckons what all of them would cost. Nothing is
 * written.
 *
 * @throws {RsembedError} As {@linkcode exportBatch}; whatever went wrong where none of the places tried out succeeds
 *
 * @example
 * ```ts
 * import { planExport } from "@rsembed/pipelines";
 * import { pointBuffer } from "@rsembed/core";
 * import assert from "node:assert/strict";
 *
 * const plan = await planExport({
 *   spatials: [9, 10, 11].map((lon) => pointBuffer({ lon, lat: 57, bufferM: 160 })),
 *   models: ["mosaiks"],
 *   target: { layout: "combined", path: "never-written.npz" },
 * }, { backend: "synthetic" });
 * assert.equal(plan.diskBytes, 3 * plan.diskBytesPerPlace);
 * ```
 */
export async function planExport(
  request: ExportRequest,
  options: ExportOptions = {},
): Promise<ExportPlan> {
  const opened = await openRun(request, options);
  const { run, provider } = opened;
  const { config, embedders, target } = run;
  const groups = planFetches(embedders, run.temporal);
  const samples = await firstOf(request.spatials, maxSamples);
  const tried: Trial[] = [];
  let failure: unknown = null;
  for (const spatial of samples) {
    options.signal?.throwIfAborted();
    try {
      tried.push(await tryOut(opened, groups, spatial, options));
    } catch (error) {
      options.signal?.throwIfAborted();
      failure ??= error;
    }
  }
  // the first opens the models
  const [first, ...rest] = tried;
  if (!first) throw failure;
  const typical = rest.length > 0 ? rest : [first];
  const mean = (read: (trial: Trial) => number) =>
    typical.reduce((sum, trial) => sum + read(trial), 0) / typical.length;
  const fetchS = mean((trial) => trial.fetchS), inferS = mean((trial) => trial.inferS);
  const places = run.placeCount;
  const startS = rest.length > 0 ? Math.max(0, first.inferS - inferS) : 0;
  const diskBytesPerPlace = Math.max(...tried.map((trial) => trial.diskBytes));
  return {
    places,
    models: embedders.map(({ model }) => model.name),
    backend: provider.name,
    path: target.layout === "combined" ? opened.path ?? target.path : target.dir,
    fetchesPerPlace: groups.length,
    framesPerPlace: groups.reduce((sum, { frames }) => sum + frames.length, 0),
    imageryBytesPerPlace: Math.max(...tried.map((trial) => trial.imageryBytes)),
    diskBytesPerPlace,
    diskBytes: places === null ? null : places * diskBytesPerPlace,
    startS,
    fetchS,
    inferS,
    estimatedS: places === null
      ? null
      : startS + places * Math.max(fetchS / config.numWorkers, inferS),
    sampled: tried.length,
  };
}

async function firstOf(
  spatials: ExportRequest["spatials"],
  most: number,
): Promise<Spatial[]> {
  const taken: Spatial[] = [];
  for await (const spatial of spatials) {
    taken.push(validateSpatial(spatial));
    if (taken.length === most) break;
  }
  if (taken.length > 0) return taken;
  throw new RsembedError("spec", "Cannot plan an export: there are no places", {
    facts: { field: "spatials" },
  });
}

/** What one place took. */
interface Trial {
  readonly fetchS: number;
  readonly inferS: number;
  readonly imageryBytes: number;
  readonly diskBytes: number;
}

function valueOf<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw outcome.error;
}

async function tryOut(
  { run, runners, provider }: OpenRun,
  groups: readonly FetchGroup[],
  spatial: Spatial,
  { signal }: ExportOptions,
): Promise<Trial> {
  const { config, embedders, output, temporal, inputPrep } = run;
  const start = performance.now();
  const inputs = (await fetchPlace({
    provider,
    groups,
    spatial,
    modelBands: embedders.map(({ model }) => model.sensor.bands),
  }, { ...config, signal })).map((input) => valueOf(input));
  const fetched = performance.now();
  const embeddings: Embedding[] = [];
  if (config.saveEmbeddings) {
    for (const [i, runner] of runners.entries()) {
      const [outcome] = await runner.run([{ patch: inputs[i]!, output, temporal }], {
        batchSize: 1,
        inputPrep,
        signal,
      });
      embeddings.push(valueOf(outcome!));
    }
  }
  const inferred = performance.now();
  return {
    fetchS: (fetched - start) / 1000,
    inferS: (inferred - fetched) / 1000,
    imageryBytes: sum(inputs.map((patch) => patch.pixels.data.byteLength)),
    diskBytes: sum(embeddings.map((embedding) => storedBytes(embedding, config.quantization))) +
      (config.saveInputs ? savedBytes(inputs, inputOwners(run)) : 0),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Bytes of an embedding as it is stored: one, two or four for a number, and a scale for each vector of bytes. */
function storedBytes(
  { data }: Embedding,
  quantization: ExportConfig["quantization"],
): number {
  const count = data.data.length;
  if (quantization === "float16") return 2 * count;
  return quantization === "int8" ? count + 4 * count / data.shape[0]! : 4 * count;
}

/** Bytes of the imagery that is saved: what several models share, once. */
function savedBytes(inputs: readonly Patch[], owners: readonly number[]): number {
  return sum(inputs.map(({ pixels }, i) => owners[i] === i ? pixels.data.byteLength : 0));
}
