/**
 * One place fetched from Earth Engine.
 *
 * @module
 */

import {
  type Bounds,
  type Grid,
  gridBounds,
  type ImageryRequest,
  mapPool,
  ndarray,
  type Patch,
  RsembedError,
  type RunOptions,
  type SensorSpec,
  type Spatial,
} from "@rsembed/core";
import { daysOf, distinctItems, noImagery } from "../found.ts";
import { mercatorBounds } from "../raster/mercator.ts";
import { checkPatchSize } from "../raster/patch_size.ts";
import { placeGrid } from "../raster/place_grid.ts";
import { collectionFacts } from "./collections.ts";
import { missing, resamplingOf } from "./imagery.ts";
import { type CustomImage, type KnownBands, type Layer, layersOf } from "./layers.ts";
import { fetchLayer, type LayerAnswer } from "./layer_fetch.ts";
import type { EarthEngine } from "./service.ts";
import { maxRequestBands } from "./windows.ts";

/** Frames and collections of a patch asked for at once. */
const layersAtOnce = 4;

/** What {@linkcode fetchPlace} asks. */
export interface PlaceSource {
  /** The service. */
  readonly engine: EarthEngine;
  /** Name of the provider, for provenance. */
  readonly provider: string;
  /** Whether the scenes of each composite are listed, one more request for each. */
  readonly listScenes: boolean;
  /** What was learnt of collections so far. */
  readonly known: KnownBands;
  /** Images of the caller's own, by the name that stands for a collection. */
  readonly images: Readonly<Record<string, CustomImage>>;
}

/**
 * Fetches a place: a frame with a window takes scenes of `[start, end)`, a frame without takes all.
 *
 * @throws {RsembedError} `no-data` if there is no imagery there and then, else as the service does
 */
export async function fetchPlace(
  source: PlaceSource,
  { spatial, sensor, frames }: ImageryRequest,
  { signal, onProgress }: RunOptions = {},
): Promise<Patch> {
  signal?.throwIfAborted();
  const grid = placeGrid(spatial, sensor);
  const { width, height } = grid;
  checkSize({ frames: frames.length, bands: sensor.bands.length, grid });
  const layers = await layersOf(sensor, { ...source, signal });
  for (const { id, custom } of layers) {
    if (custom) {
      if (sensor.cloudMask) throw untold(id);
      continue;
    }
    checkWindows(id, frames);
    if (sensor.cloudMask) checkClouds(id);
  }
  const plane = width * height;
  const channels = sensor.bands.length;
  const pixels = ndarray("float32", {
    axes: ["t", "band", "y", "x"],
    shape: [frames.length, channels, height, width],
  });
  const region = regionOf(spatial, grid);
  const jobs = frames.flatMap((window, t) => layers.map((layer) => ({ window, t, layer })));
  const answers: { t: number; layer: Layer; answer: LayerAnswer }[] = [];
  const frameData = (t: number) =>
    pixels.data.subarray(t * channels * plane, (t + 1) * channels * plane);
  const job = async ({ window, t, layer }: typeof jobs[number]) => {
    const answer = await fetchLayer(source, {
      layer,
      sensor,
      window,
      grid,
      region,
      data: frameData(t),
      signal,
    });
    return { t, layer, answer };
  };
  for await (const done of mapPool(jobs, job, { concurrency: layersAtOnce, signal })) {
    answers.push(done);
    onProgress?.({ stage: "fetch", done: answers.length, total: jobs.length });
  }
  const empty = answers.filter(({ answer }) => answer.isEmpty);
  for (const layer of layers) {
    const ofLayer = answers.filter((done) => done.layer === layer);
    if (ofLayer.every(({ answer }) => answer.isEmpty)) {
      throw noImagery(layer.id, frames, ofLayer[0]!.answer.emptyBecause ?? "");
    }
  }
  const valid = ndarray("uint8", { axes: ["t", "y", "x"], shape: [frames.length, height, width] });
  frames.forEach((_, t) => {
    fillMissing(frameData(t), valid.data.subarray(t * plane, (t + 1) * plane), sensor.fillValue);
  });
  const items = answers.map(({ answer }) => answer.items);
  return {
    pixels,
    bands: sensor.bands,
    times: frames.map((frame, t) =>
      frame ?? daysOf(
        answers.flatMap((done) =>
          done.t === t ? done.answer.items.map(({ datetime }) => datetime) : []
        ),
      )
    ),
    grid,
    valid,
    provenance: {
      provider: source.provider,
      source: layers.map(({ id }) => id).join("+"),
      items: distinctItems(items.flat()),
      notes: notesOf({
        sensor,
        layers,
        answers,
        emptyFrames: [...new Set(empty.map(({ t }) => t))],
      }),
    },
  };
}

function checkSize(
  { frames, bands, grid }: { frames: number; bands: number; grid: Grid },
): void {
  checkPatchSize({ frames, bands, grid });
  if (bands > maxRequestBands) {
    throw new RsembedError(
      "limit",
      `Cannot fetch ${bands} bands: Earth Engine gives at most ${maxRequestBands} at once`,
      { facts: { limit: "bands", max: maxRequestBands, actual: bands } },
    );
  }
}

/** Radar and terrain have no clouds; of other imagery, some tells them. */
function checkClouds(id: string): void {
  const { clouds, isSentinel1, isTimeless } = collectionFacts(id);
  if (!clouds && !isSentinel1 && !isTimeless) throw untold(id);
}

function untold(id: string): RsembedError {
  return new RsembedError("unsupported", `Cannot mask the clouds of ${id}: it does not tell them`, {
    facts: { feature: `cloud mask of ${id}` },
  });
}

/** Sentinel-1 has been everywhere so often that a composite of all its scenes is never meant. */
function checkWindows(id: string, frames: ImageryRequest["frames"]): void {
  if (!collectionFacts(id).isSentinel1 || !frames.includes(null)) return;
  throw new RsembedError(
    "spec",
    `Cannot fetch ${id} without a time range: give a start and an end`,
    {
      facts: { field: "temporal", value: null },
    },
  );
}

/**
 * Where scenes must lie. On the Web Mercator grid it is the place itself, as rs-embed asks, which may end
 * inside the outermost pixels; else it is the grid.
 */
function regionOf(spatial: Spatial, grid: Grid): Bounds {
  if (spatial.kind === "footprint" || grid.crs !== "EPSG:3857") return gridBounds(grid);
  return mercatorBounds(spatial);
}

/** Puts the fill value where a band has no imagery, and marks pixels where all bands have some. */
function fillMissing(data: Float32Array, valid: Uint8Array, fillValue: number): void {
  valid.fill(1);
  for (let i = 0, at = 0; i < data.length; i++) {
    const value = data[i]!;
    if (value === missing || value - value !== 0) {
      data[i] = fillValue;
      valid[at] = 0;
    }
    if (++at === valid.length) at = 0;
  }
}

interface NotesOptions {
  readonly sensor: SensorSpec;
  readonly layers: readonly Layer[];
  readonly answers: readonly {
    readonly t: number;
    readonly layer: Layer;
    readonly answer: LayerAnswer;
  }[];
  readonly emptyFrames: readonly number[];
}

function notesOf({ sensor, layers, answers, emptyFrames }: NotesOptions): Record<string, unknown> {
  const ids = layers.map(({ id }) => id);
  const sentinel1 = layers.find(({ id }) => collectionFacts(id).isSentinel1);
  const relaxed = answers.some(({ answer }) => answer.isIwRelaxed);
  const timeless = ids.filter((id) => collectionFacts(id).isTimeless);
  const unlisted = answers.flatMap(({ answer }) => answer.listError ?? []);
  return {
    projection: sensor.projection,
    resampling: [...new Set(layers.map(({ bands }) => resamplingOf(bands, sensor)))],
    ...(sensor.cloudMask ? { cloud_mask: true } : {}),
    ...(emptyFrames.length > 0 ? { empty_frames: emptyFrames } : {}),
    ...(timeless.length > 0 ? { time_ignored: timeless } : {}),
    ...(unlisted.length > 0 ? { scenes_unlisted: unlisted[0] } : {}),
    ...(sentinel1
      ? {
        s1_iw_requested: sensor.s1RequireIw,
        s1_iw_applied: sensor.s1RequireIw && !relaxed,
        s1_iw_relaxed_on_empty: relaxed,
        s1_relax_iw_on_empty: sensor.s1RelaxIwOnEmpty,
        s1_orbit_requested: sensor.orbit,
        s1_orbit_applied: sensor.orbit,
        s1_collection_used: sentinel1.id,
      }
      : {}),
  };
}
