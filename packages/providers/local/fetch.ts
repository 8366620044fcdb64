/**
 * One place cut out of local files.
 *
 * @module
 */

import {
  type Grid,
  type ImageryRequest,
  ndarray,
  parseDate,
  type Patch,
  RsembedError,
  type RunOptions,
  type SensorSpec,
  type TimeRange,
} from "@rsembed/core";
import { daysOf } from "../found.ts";
import { blocksOf, putRaster } from "../raster/blocks.ts";
import { composite } from "../raster/composite.ts";
import { lonLatBounds } from "../raster/crs.ts";
import { pixelsPerPixel, sourceWindow } from "../raster/lattice.ts";
import { lonLatMeet } from "../raster/lonlat.ts";
import { checkPatchSize } from "../raster/patch_size.ts";
import { placeGrid } from "../raster/place_grid.ts";
import { type Raster, windowGrid } from "../raster/raster.ts";
import { chooseResampling, type ResamplingDone, warp } from "../raster/warp.ts";
import { findBands } from "./bands.ts";
import { openGeoTiff } from "../tiff/geotiff.ts";
import type { Scene } from "./scene.ts";

/** Values held at once while scenes are warped and stacked: 256 MiB. */
const stackValues = 2 ** 26;

/** What {@linkcode cutPlace} reads from. */
export interface LocalSource {
  /** All files, in their stable order. */
  readonly scenes: readonly Scene[];
  /** Name of the provider, for provenance. */
  readonly provider: string;
  /** The sources as given, for provenance. */
  readonly source: string;
}

/**
 * Cuts a place out of files: a frame with a window takes those dated inside `[start, end)`, a frame
 * without takes all; where several cover a pixel, the sensor's composite decides.
 *
 * @throws {RsembedError} `no-data` if no file has imagery there and then, else as the files do
 */
export async function cutPlace(
  local: LocalSource,
  { spatial, sensor, frames }: ImageryRequest,
  { signal, onProgress }: RunOptions = {},
): Promise<Patch> {
  signal?.throwIfAborted();
  if (sensor.cloudMask) {
    throw new RsembedError(
      "unsupported",
      `Cannot mask the clouds of ${local.source}: local files do not tell them`,
      { facts: { feature: "cloud mask of local files" } },
    );
  }
  const grid = placeGrid(spatial, sensor);
  const { width, height } = grid;
  const bands = sensor.bands.length;
  checkPatchSize({ frames: frames.length, bands, grid });
  const here = lonLatBounds(grid);
  const near = local.scenes.filter((scene) => lonLatMeet(scene.bounds, here));
  const pixels = ndarray("float32", {
    axes: ["t", "band", "y", "x"],
    shape: [frames.length, bands, height, width],
  });
  const valid = ndarray("uint8", { axes: ["t", "y", "x"], shape: [frames.length, height, width] });
  const used = new Set<Scene>();
  const times: (TimeRange | null)[] = [];
  const emptyFrames: number[] = [];
  for (const [t, frame] of frames.entries()) {
    const scenes = near.filter((scene) => isDuring(scene, frame)).sort(byDay);
    const took = await fillFrame({
      grid,
      sensor,
      scenes,
      data: pixels.data.subarray(t * bands * width * height, (t + 1) * bands * width * height),
      valid: valid.data.subarray(t * width * height, (t + 1) * width * height),
      signal,
    });
    if (took.length === 0) emptyFrames.push(t);
    for (const scene of took) used.add(scene);
    times.push(frame ?? daysOf(took.map(({ day }) => day)));
    onProgress?.({ stage: "fetch", done: t + 1, total: frames.length });
  }
  if (used.size === 0) throw noData(local, near, frames);
  const items = [...used].sort(byDay);
  return {
    pixels,
    bands: sensor.bands,
    times,
    grid,
    valid,
    provenance: {
      provider: local.provider,
      source: local.source,
      items: items.map((scene) => ({ id: scene.name, datetime: scene.day })),
      notes: {
        resampling: [...new Set(items.map(({ info }) => resamplingFor(sensor, info.grid, grid)))],
        ...(emptyFrames.length > 0 ? { empty_frames: emptyFrames } : {}),
      },
    },
  };
}

/** How a scene is brought onto the grid of a place. */
function resamplingFor(sensor: SensorSpec, source: Grid, target: Grid): ResamplingDone {
  const chosen = chooseResampling(source, target);
  // the Web Mercator grid is there for parity with rs-embed, whose fetches are not interpolated
  return chosen !== "copy" && sensor.projection === "webmercator" ? "nearest" : chosen;
}

function isDuring(scene: Scene, frame: TimeRange | null): boolean {
  if (frame === null) return true;
  if (scene.day === null) return false;
  const day = parseDate(scene.day);
  return day >= parseDate(frame.start) && day < parseDate(frame.end);
}

/** Oldest first; files without a date before all; the same day by name. */
function byDay(a: Scene, b: Scene): number {
  const [first, second] = [a.day ?? "", b.day ?? ""];
  if (first !== second) return first < second ? -1 : 1;
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

function noData(
  { source }: LocalSource,
  near: readonly Scene[],
  frames: ImageryRequest["frames"],
): RsembedError {
  const windows = frames.filter((frame) => frame !== null).map(({ start, end }) =>
    `${start}/${end}`
  );
  const undated = near.filter((scene) => scene.day === null).length;
  const state = near.length === 0
    ? "no file covers the place"
    : windows.length === 0
    ? `the ${near.length} files near it have only missing pixels there`
    : `of ${near.length} files near it none has pixels there from ${windows.join(", ")}${
      undated > 0
        ? `, and ${undated} have no known date; give one with the setting date, or drop the time range`
        : ""
    }`;
  return new RsembedError("no-data", `Cannot find imagery of the place in ${source}: ${state}`, {
    facts: { source },
  });
}

interface FrameTask {
  readonly grid: Grid;
  readonly sensor: SensorSpec;
  /** Oldest first. */
  readonly scenes: readonly Scene[];
  /** (C, H, W) to be filled. */
  readonly data: Float32Array<ArrayBuffer>;
  /** (H, W) to be filled. */
  readonly valid: Uint8Array<ArrayBuffer>;
  readonly signal: AbortSignal | undefined;
}

/** Fills one frame, block by block, and gives the scenes that have pixels in it. */
async function fillFrame(task: FrameTask): Promise<Scene[]> {
  const { grid, sensor, scenes, valid, data, signal } = task;
  const took = new Set<Scene>();
  for (const window of blocksOf(grid, blockSide(task))) {
    const layers: Raster[] = [];
    for (const scene of scenes) {
      signal?.throwIfAborted();
      // chosen for the whole place, so that its blocks do not differ
      const how = resamplingFor(sensor, scene.info.grid, grid);
      const target = windowGrid(grid, window);
      const layer = await readLayer(scene, { sensor, target, how, signal });
      if (!layer) continue;
      layers.push(layer);
      took.add(scene);
    }
    if (layers.length === 0) continue;
    const block = composite(layers, sensor.composite);
    putRaster(block, window, { grid, data, valid });
  }
  fillMissing(task);
  return scenes.filter((scene) => took.has(scene));
}

/** Side of the blocks that a frame is made in, px, so that the layers and a source window fit. */
function blockSide({ grid, sensor, scenes }: FrameTask): number {
  let perPixel = 1 + scenes.length;
  for (const { info } of scenes) {
    const [x, y] = pixelsPerPixel(info.grid, grid);
    if (Number.isFinite(x * y)) perPixel = Math.max(perPixel, 1 + scenes.length + x * y);
  }
  return Math.max(1, Math.floor(Math.sqrt(stackValues / (sensor.bands.length * perPixel))));
}

interface LayerOptions {
  readonly sensor: SensorSpec;
  readonly target: Grid;
  readonly how: ResamplingDone;
  readonly signal: AbortSignal | undefined;
}

/** A scene's pixels on the target grid, or `null` where it has none. */
async function readLayer(
  scene: Scene,
  { sensor, target, how, signal }: LayerOptions,
): Promise<Raster | null> {
  const window = sourceWindow(scene.info.grid, target);
  if (!window) return null;
  const indices = findBands(
    { path: scene.path, count: scene.info.count, names: scene.bands },
    sensor,
  );
  // opened anew each time: a stack may have more files than a process may hold open
  const file = await openGeoTiff(scene.path);
  let pixels: Raster;
  try {
    pixels = await file.read(window, indices, { signal });
  } finally {
    await file.close();
  }
  const layer = warp(pixels, target, how === "copy" ? {} : { resampling: how });
  return layer.valid.includes(1) ? layer : null;
}

function fillMissing({ data, valid, sensor }: FrameTask): void {
  for (let i = 0; i < valid.length; i++) {
    if (valid[i] === 1) continue;
    for (let at = i; at < data.length; at += valid.length) data[at] = sensor.fillValue;
  }
}
