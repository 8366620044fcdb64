/**
 * One collection's part of a patch, from the first source that has it.
 *
 * @module
 */

import {
  dayMs,
  errorMessage,
  type Grid,
  type ImageryRequest,
  isRsembedError,
  mapPool,
  type RunOptions,
  type SensorSpec,
} from "@rsembed/core";
import { noImagery } from "../found.ts";
import { lonLatBounds } from "../raster/crs.ts";
import type { CogReader } from "../tiff/cog.ts";
import { findAsset, findBands } from "./assets.ts";
import { clearest } from "./clearest.ts";
import { composeFrame } from "./compose.ts";
import { type SceneFinder, type Span, spanOf } from "./finder.ts";
import { declaredOffset, measuredOffset, type Offset } from "./harmonise.ts";
import type { StacItem } from "./item.ts";
import type { Layer } from "./layers.ts";
import { resamplingFor, type Scene } from "./scene.ts";
import type { StacSource } from "./sources.ts";

/** One collection's part of a patch. */
export interface LayerTask extends RunOptions {
  readonly layer: Layer;
  readonly sensor: SensorSpec;
  readonly grid: Grid;
  readonly frames: ImageryRequest["frames"];
  readonly sources: readonly StacSource[];
  readonly finder: SceneFinder;
  readonly reader: CogReader;
  /** Scenes of a frame at most, the clearest; `null` for all. */
  readonly maxScenes: number | null;
  /** (H, W) of each band of each frame, to be filled. */
  readonly planes: readonly (readonly Float32Array<ArrayBuffer>[])[];
  /** (H, W) of each band of each frame, to be filled. */
  readonly valid: readonly (readonly Uint8Array<ArrayBuffer>[])[];
}

/** A scene of a composite. */
export interface UsedScene {
  readonly item: StacItem;
  /** Number of the frame. */
  readonly t: number;
  /** Pixels that it has in the place, as a share of all. */
  readonly share: number;
  /** How its offset is known, for Sentinel-2. */
  readonly offset: { readonly subtract: number; readonly because: string } | null;
}

/** What came of a {@linkcode LayerTask}. */
export interface LayerAnswer {
  readonly source: StacSource;
  readonly scenes: readonly UsedScene[];
  /** Scenes left out, and why. */
  readonly dropped: readonly { readonly id: string; readonly reason: string }[];
  /** Sources asked before, and why they did not do. */
  readonly passedOver: readonly string[];
  /** Whether other modes of Sentinel-1 were taken. */
  readonly isIwRelaxed: boolean;
  readonly resampling: readonly string[];
}

/** Longest time between windows that are searched together, milliseconds. */
const searchGapMs = 31 * dayMs;
/** Scenes whose tables are looked at at once. */
const preparedAtOnce = 8;

/**
 * Fills a layer's bands of all frames, from one source: composites never mix sources.
 *
 * @throws {RsembedError} `no-data` if no source has imagery there and then; what went wrong, where all of
 * those that might have it failed
 */
export async function fetchLayer(task: LayerTask): Promise<LayerAnswer> {
  const { sources, layer, sensor, signal } = task;
  const passedOver: string[] = [];
  let failure: unknown = null;
  const relaxes = layer.imagery.kind === "sentinel-1" && sensor.s1RequireIw &&
    sensor.s1RelaxIwOnEmpty;
  for (const source of sources) {
    try {
      const strict = await fillFrom(source, task, sensor.s1RequireIw);
      const answer = strict.scenes.length === 0 && relaxes
        ? { ...await fillFrom(source, task, false), isIwRelaxed: true }
        : { ...strict, isIwRelaxed: false };
      if (answer.scenes.length > 0) return { ...answer, source, passedOver };
      const dropped = answer.dropped[0];
      passedOver.push(`${source.name}: no scenes${dropped ? ` (${dropped.reason})` : ""}`);
    } catch (error) {
      signal?.throwIfAborted();
      if (!isRsembedError(error, "unavailable", "auth", "not-found")) throw error;
      failure ??= error;
      passedOver.push(`${source.name}: ${errorMessage(error)}`);
    }
  }
  if (failure !== null) throw failure;
  throw noImagery(layer.id, task.frames, passedOver.join("; "));
}

type Filled = Pick<LayerAnswer, "scenes" | "dropped" | "resampling">;

async function fillFrom(source: StacSource, task: LayerTask, strict: boolean): Promise<Filled> {
  const { layer, sensor, grid, frames, signal } = task;
  // what a source that failed left behind is not mixed with this one's
  for (const mask of task.valid.flat()) mask.fill(0);
  const found = await findFrames(source, task, strict);
  const dropped: { id: string; reason: string }[] = [];
  const scenes: UsedScene[] = [];
  const resampling = new Set<string>();
  for (const [t, items] of found.entries()) {
    if (items.length === 0) continue;
    const prepared = await prepare(items, source, task);
    dropped.push(...prepared.dropped);
    const reading = { reader: task.reader, imagery: layer.imagery, sensor, whole: grid, signal };
    const chosen = await clearest(prepared.scenes, task.maxScenes, reading);
    const shares = await composeFrame({
      ...reading,
      scenes: chosen,
      planes: task.planes[t]!,
      valid: task.valid[t]!,
      onDropped: (id, reason) => dropped.push({ id, reason }),
    });
    for (const [scene, pixels] of shares) {
      for (const band of scene.bands) {
        const cog = await task.reader.open(band.href, { signal });
        resampling.add(resamplingFor(cog, band, { whole: grid, sensor }));
      }
      scenes.push({
        item: scene.item,
        t,
        share: pixels / (grid.width * grid.height),
        offset: prepared.offsets.get(scene) ?? null,
      });
    }
    task.onProgress?.({ stage: "fetch", done: t + 1, total: frames.length });
  }
  return { scenes, dropped, resampling: [...resampling] };
}

/** The scenes of each frame. Windows that follow each other are searched together. */
async function findFrames(
  source: StacSource,
  { layer, sensor, grid, frames, finder, signal }: LayerTask,
  strict: boolean,
): Promise<StacItem[][]> {
  const { imagery } = layer;
  const bounds = lonLatBounds(grid);
  const spans: Span[] = [];
  const sorted = frames.flatMap((frame) => frame ? [spanOf(frame)] : [])
    .sort((a, b) => a.startMs - b.startMs);
  for (const { startMs, endMs } of sorted) {
    const last = spans.at(-1);
    if (last && startMs - last.endMs <= searchGapMs) {
      spans[spans.length - 1] = { ...last, endMs: Math.max(last.endMs, endMs) };
    } else spans.push({ startMs, endMs });
  }
  const any = frames.includes(null) || imagery.isTimeless;
  const items: StacItem[] = [];
  for (const span of any ? [null] : spans) {
    items.push(
      ...await finder.find({ source, imagery, sensor, bounds, span, strict }, { signal }),
    );
  }
  return frames.map((frame) => {
    if (!frame || imagery.isTimeless) return items;
    const { startMs, endMs } = spanOf(frame);
    return items.filter(({ timeMs }) => timeMs !== null && timeMs >= startMs && timeMs < endMs);
  });
}

interface Prepared {
  readonly scenes: Scene[];
  readonly offsets: ReadonlyMap<Scene, UsedScene["offset"]>;
  readonly dropped: { id: string; reason: string }[];
}

/** The files of each scene, and what to take off its numbers. */
async function prepare(
  items: readonly StacItem[],
  source: StacSource,
  { layer, sensor, reader, signal }: LayerTask,
): Promise<Prepared> {
  const { imagery } = layer;
  const scenes: Scene[] = [];
  const offsets = new Map<Scene, UsedScene["offset"]>();
  const dropped: { id: string; reason: string }[] = [];
  const lacking: unknown[] = [];
  const one = async (item: StacItem) => {
    const bands = findBands(item, layer.bands, imagery);
    const told = sensor.cloudMask && imagery.clouds ? findAsset(item, imagery.clouds.assets) : null;
    if (sensor.cloudMask && imagery.clouds && !told) {
      return { drop: "it does not tell its clouds" };
    }
    const clouds = told && { ...told, isClasses: true, hasOffset: false };
    const offset = imagery.isHarmonised ? await offsetOf(item, source) : null;
    return offset && "drop" in offset ? offset : { bands, clouds, offset };
  };
  const offsetOf = async (item: StacItem, { offsetRule }: StacSource): Promise<Offset> => {
    const red = findBands(item, ["B4"], imagery)[0]!;
    // the files of the legacy collection, by whatever address it was named
    const isLegacy = /[/.]sentinel-cogs[/.]/.test(red.href);
    return offsetRule === "pixels" || isLegacy
      ? await measuredOffset(item, red, { reader, signal })
      : declaredOffset(item, red, offsetRule);
  };
  const attempt = async (item: StacItem) => {
    try {
      return { item, known: await one(item) };
    } catch (error) {
      signal?.throwIfAborted();
      if (!isRsembedError(error, "not-found")) throw error;
      lacking.push(error);
      return { item, known: { drop: errorMessage(error) } };
    }
  };
  for await (
    const { item, known } of mapPool(items, attempt, { concurrency: preparedAtOnce, signal })
  ) {
    if ("drop" in known) {
      dropped.push({ id: item.id, reason: known.drop });
      continue;
    }
    const scene = {
      item,
      bands: known.bands,
      clouds: known.clouds,
      subtract: known.offset?.subtract ?? 0,
    };
    scenes.push(scene);
    offsets.set(scene, known.offset);
  }
  // one scene that lacks a band is broken; a band that all lack is not theirs
  if (scenes.length === 0 && lacking.length === items.length) throw lacking[0];
  return { scenes, offsets, dropped };
}
