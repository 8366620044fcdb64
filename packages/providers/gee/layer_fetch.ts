/**
 * One collection's part of one frame.
 *
 * @module
 */

import {
  type Bounds,
  errorMessage,
  type Grid,
  isRsembedError,
  mapPool,
  type RunOptions,
  type SensorSpec,
  type SourceItem,
  type TimeRange,
} from "@rsembed/core";
import { type PixelWindow, windowGrid } from "../raster/raster.ts";
import { collectionFacts } from "./collections.ts";
import {
  compositeOf,
  missing,
  resamplingOf,
  sceneList,
  type SceneQuery,
  sentinel1Counts,
} from "./imagery.ts";
import type { Expression } from "./expression.ts";
import type { Layer } from "./layers.ts";
import type { EarthEngine } from "./service.ts";
import { computationLimit } from "./service_errors.ts";
import { cutWindow, partBounds, planWindows, type WorldPart, worldParts } from "./windows.ts";

/** Windows of a layer asked for at once. */
const windowsAtOnce = 4;
/** Windows are not cut smaller than this where a computation is too large, px. */
const leastSidePx = 64;

/** One collection's part of one frame. */
export interface LayerTask extends RunOptions {
  readonly layer: Layer;
  readonly sensor: SensorSpec;
  readonly window: TimeRange | null;
  /** Of the whole patch. */
  readonly grid: Grid;
  /** Where scenes must lie, in the grid's CRS. */
  readonly region: Bounds;
  /** (C, H, W) of the frame; the layer's channels are filled. */
  readonly data: Float32Array<ArrayBuffer>;
}

/** What came of a {@linkcode LayerTask}. */
export interface LayerAnswer {
  /** Whether no pixel has imagery. */
  readonly isEmpty: boolean;
  /** Why, where more is known than that there are no scenes. */
  readonly emptyBecause: string | null;
  /** The scenes of the composite, oldest first. */
  readonly items: readonly SourceItem[];
  /** Why they are not listed, where that failed. */
  readonly listError: string | null;
  /** Whether Sentinel-1 scenes of other modes were taken, as there was none of the wanted. */
  readonly isIwRelaxed: boolean;
}

interface Source {
  readonly engine: EarthEngine;
  readonly listScenes: boolean;
}

/** Fills a layer's channels of a frame; pixels without imagery become {@linkcode missing}. */
export async function fetchLayer(source: Source, task: LayerTask): Promise<LayerAnswer> {
  const { sensor, layer } = task;
  const isSentinel1 = collectionFacts(layer.id).isSentinel1;
  const requireIw = isSentinel1 && sensor.s1RequireIw;
  const strict = await fetchScenes(source, task, requireIw);
  if (!strict.isEmpty || !isSentinel1) return strict;
  let last = strict;
  if (requireIw && sensor.s1RelaxIwOnEmpty) {
    last = { ...await fetchScenes(source, task, false), isIwRelaxed: true };
    if (!last.isEmpty) return last;
  }
  return { ...last, isIwRelaxed: false, emptyBecause: await countedScenes(source.engine, task) };
}

async function countedScenes(
  { computeValue }: EarthEngine,
  task: LayerTask,
): Promise<string | null> {
  const part = worldParts(task.grid)[0]!;
  try {
    const counts = await computeValue(sentinel1Counts(queryOf(task, part, true)), task);
    const shown = Object.entries(counts as Record<string, unknown>)
      .map(([name, count]) => `${name} ${count}`);
    return `scenes after each filter: ${shown.join(", ")}`;
  } catch {
    task.signal?.throwIfAborted();
    return null;
  }
}

function queryOf(task: LayerTask, part: WorldPart, requireIw: boolean): SceneQuery {
  const { layer, sensor, window, grid, region } = task;
  return {
    id: layer.id,
    bounds: partBounds(region, grid.crs, part),
    crs: grid.crs,
    window,
    bands: layer.bands,
    sensor,
    requireIw,
  };
}

async function fetchScenes(
  source: Source,
  task: LayerTask,
  requireIw: boolean,
): Promise<LayerAnswer> {
  const { layer, data, signal } = task;
  const plane = data.length / task.sensor.bands.length;
  for (const channel of layer.channels) {
    data.fill(missing, channel * plane, (channel + 1) * plane);
  }
  // whichever of the two fails first ends the other
  const ending = new AbortController();
  const stop = () => ending.abort(signal?.reason);
  signal?.addEventListener("abort", stop, { once: true });
  const run = { signal: ending.signal };
  try {
    const [pixels, list] = await Promise.all([
      fillWindows(source.engine, { ...task, ...run }, requireIw),
      source.listScenes && !layer.custom && !collectionFacts(layer.id).isImage
        ? listScenes(source.engine, { ...task, ...run }, requireIw)
        : { items: [], listError: null },
    ]);
    return { isEmpty: !pixels, emptyBecause: null, isIwRelaxed: false, ...list };
  } catch (error) {
    signal?.throwIfAborted();
    if (!isRsembedError(error, "no-data")) throw error;
    return { isEmpty: true, emptyBecause: null, isIwRelaxed: false, items: [], listError: null };
  } finally {
    signal?.removeEventListener("abort", stop);
    ending.abort();
  }
}

/** The scenes of a composite. That they cannot be listed takes nothing from its pixels. */
async function listScenes(
  { computeValue }: EarthEngine,
  task: LayerTask,
  requireIw: boolean,
): Promise<Pick<LayerAnswer, "items" | "listError">> {
  const items: SourceItem[] = [];
  try {
    for (const part of worldParts(task.grid)) {
      const answer = await computeValue(sceneList(queryOf(task, part, requireIw)), task);
      const { ids, times } = answer as { ids?: unknown; times?: unknown };
      if (!Array.isArray(ids)) return { items, listError: "the answer is no list of scenes" };
      // scenes without a time are left out of the times
      const known = Array.isArray(times) && times.length === ids.length ? times : [];
      ids.forEach((id, i) => {
        const time = Number(known[i] ?? NaN);
        const datetime = Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : null;
        items.push({ id: `${task.layer.id}/${String(id).slice(0, 200)}`, datetime });
      });
    }
    return { items, listError: null };
  } catch (error) {
    task.signal?.throwIfAborted();
    return { items: [], listError: errorMessage(error) };
  }
}

interface WindowJob {
  readonly window: PixelWindow;
  readonly part: WorldPart;
  readonly expression: Expression;
}

/** Fetches all windows of a layer; whether any pixel has imagery. */
async function fillWindows(
  engine: EarthEngine,
  task: LayerTask,
  requireIw: boolean,
): Promise<boolean> {
  const { layer, grid, signal } = task;
  const resampling = resamplingOf(layer.bands, task.sensor);
  const jobs: WindowJob[] = [];
  for (const part of worldParts(grid)) {
    const query = queryOf(task, part, requireIw);
    const image = await layer.custom?.(query);
    const expression = compositeOf({ ...query, image }, resampling);
    for (const window of planWindows(part.window, 4 * layer.bands.length)) {
      jobs.push({ window, part, expression });
    }
  }
  let any = false;
  const fetched = mapPool(jobs, (job) => fillWindow(engine, task, job), {
    concurrency: windowsAtOnce,
    signal,
  });
  for await (const found of fetched) any ||= found;
  return any;
}

/** Fetches a window, in smaller ones where it is too much to compute at once. */
async function fillWindow(engine: EarthEngine, task: LayerTask, job: WindowJob): Promise<boolean> {
  const { window, part, expression } = job;
  const { grid, layer, data } = task;
  const { crs, transform: [a, b, c, d, e, f], width, height } = windowGrid(grid, window);
  let pixels: Float32Array<ArrayBuffer>;
  try {
    pixels = await engine.computePixels(expression, {
      grid: { crs, transform: [a, b, c + part.shiftX, d, e, f], width, height },
      bands: layer.bands,
    }, task);
  } catch (error) {
    // beyond the antimeridian there may be no scene, and some before it
    if (isRsembedError(error, "no-data")) return false;
    const isTooMuch = isRsembedError(error, "limit") && error.facts.limit === computationLimit;
    if (!isTooMuch || Math.max(width, height) < 2 * leastSidePx) throw error;
    let any = false;
    for (const smaller of cutWindow(window, { columns: 2, rows: 2 })) {
      any = await fillWindow(engine, task, { ...job, window: smaller }) || any;
    }
    return any;
  }
  const plane = grid.width * grid.height;
  let any = false;
  for (let i = 0; i < pixels.length && !any; i++) any = pixels[i] !== missing;
  layer.channels.forEach((channel, band) => {
    for (let row = 0; row < height; row++) {
      const from = (band * height + row) * width;
      const to = channel * plane + (window.y + row) * grid.width + window.x;
      data.set(pixels.subarray(from, from + width), to);
    }
  });
  return any;
}
