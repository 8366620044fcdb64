/**
 * A look at the imagery that a model would see.
 *
 * @module
 */

import { join } from "node:path";
import {
  type ModelRequest,
  ndarray,
  type Patch,
  RsembedError,
  type RunOptions,
  safeFileName,
  type Spatial,
  type TemporalSpec,
  validateSpatial,
  validateTemporal,
} from "@rsembed/core";
import { providers } from "@rsembed/providers";
import { type InspectionReport, inspectPatch, quicklook } from "@rsembed/providers/inspect";
import { writeFileAtomic } from "@rsembed/writers";
import { openBackend, windowFor } from "./backend.ts";
import { openModel, type SourceOptions } from "./embed.ts";
import { emptyFrames } from "./frames.ts";
import { fetchPlace, planFetches } from "./imagery.ts";
import { makeFolder } from "./paths.ts";
import { type JsonObject, sensorJson, temporalJson } from "./spec_json.ts";

/** Where and when to look. */
export interface ModelInputRequest {
  /** Where. */
  readonly spatial: Spatial;
  /** When. @default 2022-06-01/2022-09-01, or any date for local files */
  readonly temporal?: TemporalSpec | null;
  /** Values outside of it are suspicious. */
  readonly valueRange?: readonly [number, number];
  /** Folder for a quicklook PNG of each frame; made where it is missing. */
  readonly saveDir?: string;
  /** Base name of reports and quicklooks. @default the model's name */
  readonly name?: string;
}

/** One date of a model's input. */
export interface InputFrame {
  /** Its position. */
  readonly index: number;
  /** First day of its window, ISO; `null` where any date will do. */
  readonly start: string | null;
  /** Day after its window, ISO. */
  readonly end: string | null;
  /** Whether no scene has imagery there. */
  readonly empty: boolean;
  /** Statistics by band; `null` for an empty frame. */
  readonly report: InspectionReport | null;
}

/** What a model would see, with rs-embed's keys. */
export interface ModelInputInspection {
  /** Whether some frame has imagery, and none of them looks wrong. */
  readonly ok: boolean;
  /** Name of the model. */
  readonly model: string;
  /** Name of the source. */
  readonly backend: string;
  /** Number of frames. */
  readonly n_frames: number;
  /** Frames without imagery. */
  readonly n_empty: number;
  /** The frames, oldest first. */
  readonly frames: readonly InputFrame[];
  /** What the source says of the imagery. */
  readonly fetch_meta: JsonObject;
  /** The imagery that the model wants. */
  readonly sensor: JsonObject;
  /** The window asked of the source. */
  readonly temporal: JsonObject | null;
  /** Paths of the quicklooks, where they were asked for. */
  readonly artifacts: { readonly quicklooks: readonly string[] } | null;
  /** The imagery itself, before the model prepares it. */
  readonly patch: Patch;
}

/**
 * Fetches what a model would be given for a place (its bands, scale, composite and frames) and reports on it,
 * frame by frame.
 *
 * @throws {RsembedError} As the provider's `fetch`; `unsupported` for models whose embeddings are stored
 *
 * @example
 * ```ts
 * import { inspectModelInput } from "@rsembed/pipelines";
 * import { pointBuffer } from "@rsembed/core";
 * import assert from "node:assert/strict";
 *
 * const { frames, ok } = await inspectModelInput("mosaiks", {
 *   spatial: pointBuffer({ lon: 9.845, lat: 57.227, bufferM: 160 }),
 * }, { backend: "synthetic" });
 * assert(ok);
 * assert.deepEqual(frames[0]?.report?.shape, [4, 32, 32]); // (C, H, W)
 * ```
 */
export async function inspectModelInput(
  model: string | ModelRequest,
  request: ModelInputRequest,
  options: SourceOptions & RunOptions = {},
): Promise<ModelInputInspection> {
  const spatial = validateSpatial(request.spatial);
  const { embedder } = await openModel(model, options);
  const { card, model: resolved } = embedder;
  if (card.type === "precomputed") {
    throw new RsembedError(
      "unsupported",
      `Cannot look at the input of ${resolved.name}: its embeddings are stored`,
      { facts: { feature: `input of ${resolved.name}` } },
    );
  }
  const provider = await openBackend({
    backend: options.backend ?? "auto",
    providers: options.providers ?? providers,
    settings: options.settings ?? {},
    cards: [card],
  });
  const asked = request.temporal ? validateTemporal(request.temporal) : null;
  const temporal = windowFor(provider, asked, [card]);
  // as it comes: frames that would be filled are to be seen empty
  const [outcome] = await fetchPlace({
    provider,
    spatial,
    groups: planFetches([{ ...embedder, fillsEmptyFrames: false }], temporal),
    modelBands: [resolved.sensor.bands],
  }, { maxRetries: 0, retryBackoffS: 0, signal: options.signal });
  if (!outcome!.ok) throw outcome!.error;
  const patch = outcome!.value;
  const name = safeFileName(request.name ?? resolved.name);
  const { valueRange } = request;
  const empty = new Set(emptyFrames(patch));
  const frames = patch.times.map((time, index): InputFrame => ({
    index,
    start: time?.start ?? null,
    end: time?.end ?? null,
    empty: empty.has(index),
    report: empty.has(index) ? null : inspectPatch(frameOf(patch, index), {
      name: `${name}_${index}`,
      fillValue: resolved.sensor.fillValue,
      ...(valueRange ? { valueRange } : {}),
    }),
  }));
  return {
    ok: frames.some(({ report }) => report !== null) &&
      frames.every(({ report }) => report?.ok !== false),
    model: resolved.name,
    backend: provider.name,
    n_frames: frames.length,
    n_empty: empty.size,
    frames,
    fetch_meta: patch.provenance.notes,
    sensor: sensorJson(resolved.sensor),
    temporal: temporalJson(temporal),
    artifacts: request.saveDir === undefined
      ? null
      : { quicklooks: await draw(patch, { folder: request.saveDir, name, frames, options }) },
    patch,
  };
}

/** One frame of a patch, as a patch. */
function frameOf(patch: Patch, t: number): Patch {
  const [, bands, height, width] = patch.pixels.shape;
  const plane = height * width, size = bands * plane;
  return {
    ...patch,
    times: [patch.times[t]!],
    pixels: ndarray("float32", {
      axes: patch.pixels.axes,
      shape: [1, bands, height, width],
      data: patch.pixels.data.subarray(t * size, (t + 1) * size),
    }),
    valid: ndarray("uint8", {
      axes: patch.valid.axes,
      shape: [1, height, width],
      data: patch.valid.data.subarray(t * plane, (t + 1) * plane),
    }),
  };
}

async function draw(
  patch: Patch,
  { folder, name, frames, options }: {
    readonly folder: string;
    readonly name: string;
    readonly frames: readonly InputFrame[];
    readonly options: RunOptions;
  },
): Promise<string[]> {
  await makeFolder(folder);
  const paths: string[] = [];
  for (const { index, empty } of frames) {
    if (empty) continue;
    const path = join(folder, `${name}_frame${String(index).padStart(2, "0")}.png`);
    await writeFileAtomic(path, quicklook(patch, { frame: index }), { signal: options.signal });
    paths.push(path);
  }
  return paths;
}
