/**
 * One place fetched from STAC catalogues.
 *
 * @module
 */

import {
  type ImageryRequest,
  ndarray,
  type Patch,
  RsembedError,
  type RunOptions,
  type SensorSpec,
} from "@rsembed/core";
import { daysOf, distinctItems } from "../found.ts";
import { checkPatchSize } from "../raster/patch_size.ts";
import { placeGrid } from "../raster/place_grid.ts";
import type { CogReader } from "../tiff/cog.ts";
import type { SceneFinder } from "./finder.ts";
import { baselineOf } from "./imagery.ts";
import { numberProperty } from "./item.ts";
import { fetchLayer, type LayerAnswer, type UsedScene } from "./layer_fetch.ts";
import { type Layer, layersOf } from "./layers.ts";
import { sourcesOf, type StacEndpoints } from "./sources.ts";

/** What {@linkcode fetchPlace} reads from. */
export interface PlaceSource {
  /** Name of the provider, for provenance. */
  readonly provider: string;
  readonly finder: SceneFinder;
  readonly reader: CogReader;
  readonly endpoints: StacEndpoints;
  /** Which catalogue, as in the setting of that name. */
  readonly stac: string;
  readonly collection: string | undefined;
  readonly maxScenes: number | null;
}

/**
 * Fetches a place: a frame with a window takes scenes of `[start, end)`, a frame without takes all.
 *
 * @throws {RsembedError} `no-data` if there is no imagery there and then, else as the services do
 */
export async function fetchPlace(
  place: PlaceSource,
  { spatial, sensor, frames }: ImageryRequest,
  { signal, onProgress }: RunOptions = {},
): Promise<Patch> {
  signal?.throwIfAborted();
  const grid = placeGrid(spatial, sensor);
  const { width, height } = grid;
  const channels = sensor.bands.length;
  checkPatchSize({ frames: frames.length, bands: channels, grid });
  const layers = layersOf(sensor);
  for (const layer of layers) checkClouds(layer, sensor);
  const pixels = ndarray("float32", {
    axes: ["t", "band", "y", "x"],
    shape: [frames.length, channels, height, width],
  });
  const valid = ndarray("uint8", { axes: ["t", "y", "x"], shape: [frames.length, height, width] });
  const plane = width * height;
  // per band: a scene may lack one of them at its edge
  const bandValid = frames.map(() => sensor.bands.map(() => new Uint8Array(plane)));
  const planeOf = (t: number, channel: number) => {
    const start = (t * channels + channel) * plane;
    return pixels.data.subarray(start, start + plane);
  };
  const answers: LayerAnswer[] = [];
  for (const layer of layers) {
    answers.push(
      await fetchLayer({
        layer,
        sensor,
        grid,
        frames,
        finder: place.finder,
        reader: place.reader,
        maxScenes: place.maxScenes,
        sources: sourcesFor(place, layer),
        planes: frames.map((_, t) => layer.channels.map((channel) => planeOf(t, channel))),
        valid: frames.map((_, t) => layer.channels.map((channel) => bandValid[t]![channel]!)),
        signal,
        ...(layer.imagery.isTimeless ? {} : { onProgress }),
      }),
    );
  }
  const emptyFrames: number[] = [];
  frames.forEach((_, t) => {
    const mask = valid.data.subarray(t * plane, (t + 1) * plane);
    mask.set(bandValid[t]![0]!);
    for (const other of bandValid[t]!) {
      for (let i = 0; i < plane; i++) mask[i]! &= other[i]!;
    }
    if (!mask.includes(1)) emptyFrames.push(t);
    for (let channel = 0; channel < channels; channel++) {
      fillMissing(planeOf(t, channel), bandValid[t]![channel]!, sensor.fillValue);
    }
  });
  if (emptyFrames.length === frames.length) {
    throw new RsembedError(
      "no-data",
      `Cannot find imagery of the place in ${sensor.collection}: its scenes have no pixel there that is there in all bands${
        sensor.cloudMask ? " and free of clouds" : ""
      }, try a longer time range`,
      { facts: { source: sensor.collection } },
    );
  }
  const scenes = scenesOf(answers);
  return {
    pixels,
    bands: sensor.bands,
    times: frames.map((frame, t) =>
      frame ?? daysOf(
        scenes.flatMap(({ t: of, item }) => of === t ? [datetimeOf(item.timeMs)] : []),
      )
    ),
    grid,
    valid,
    provenance: {
      provider: place.provider,
      source: answers.map(({ source }) => [source.name, ...source.collections].join("/")).join("+"),
      items: distinctItems(
        scenes.map(({ item: { id, timeMs } }) => ({ id, datetime: datetimeOf(timeMs) })),
      ),
      notes: notesOf({ sensor, layers, answers, emptyFrames }),
    },
  };
}

function sourcesFor(place: PlaceSource, { id, imagery }: Layer): ReturnType<typeof sourcesOf> {
  const { endpoints, stac, collection } = place;
  const sources = sourcesOf({ id, imagery, endpoints, stac, collection });
  if (sources.length > 0) return sources;
  throw new RsembedError(
    "unsupported",
    `Cannot fetch "${id}" over STAC: ${
      stac === "auto" ? "no known catalogue has it" : `${stac} does not have it`
    }, name a catalogue with the setting stac, or use another backend`,
    { facts: { feature: `collection ${id} over STAC` } },
  );
}

function checkClouds({ id, imagery }: Layer, { cloudMask }: SensorSpec): void {
  if (!cloudMask || imagery.clouds || imagery.isTimeless || imagery.kind === "sentinel-1") return;
  throw new RsembedError(
    "unsupported",
    `Cannot mask the clouds of "${id}": it does not tell them`,
    {
      facts: { feature: `cloud mask of ${id}` },
    },
  );
}

function fillMissing(plane: Float32Array, mask: Uint8Array, fillValue: number): void {
  for (let i = 0; i < plane.length; i++) {
    if (mask[i] === 0) plane[i] = fillValue;
  }
}

function datetimeOf(timeMs: number | null): string | null {
  return timeMs === null ? null : new Date(timeMs).toISOString();
}

function scenesOf(answers: readonly LayerAnswer[]): UsedScene[] {
  const scenes = answers.flatMap((answer) => answer.scenes);
  return scenes.sort((a, b) =>
    (a.item.timeMs ?? 0) - (b.item.timeMs ?? 0) || (a.item.id < b.item.id ? -1 : 1)
  );
}

interface NotesOptions {
  readonly sensor: SensorSpec;
  readonly layers: readonly Layer[];
  readonly answers: readonly LayerAnswer[];
  readonly emptyFrames: readonly number[];
}

function notesOf(
  { sensor, layers, answers, emptyFrames }: NotesOptions,
): Record<string, unknown> {
  const passedOver = answers.flatMap((answer) => answer.passedOver);
  const dropped = answers.flatMap((answer) => answer.dropped);
  const timeless = layers.filter(({ imagery }) => imagery.isTimeless).map(({ id }) => id);
  const radar = layers.findIndex(({ imagery }) => imagery.kind === "sentinel-1");
  return {
    projection: sensor.projection,
    resampling: [...new Set(answers.flatMap((answer) => answer.resampling))],
    ...(sensor.cloudMask ? { cloud_mask: true } : {}),
    ...(passedOver.length > 0 ? { passed_over: passedOver } : {}),
    ...(dropped.length > 0 ? { scenes_dropped: dropped } : {}),
    ...(emptyFrames.length > 0 ? { empty_frames: emptyFrames } : {}),
    ...(timeless.length > 0 ? { time_ignored: timeless } : {}),
    ...(radar >= 0
      ? {
        s1_iw_requested: sensor.s1RequireIw,
        s1_iw_applied: sensor.s1RequireIw && !answers[radar]!.isIwRelaxed,
        s1_iw_relaxed_on_empty: answers[radar]!.isIwRelaxed,
        s1_backscatter: "gamma0, terrain-flattened",
      }
      : {}),
    scenes: scenesOf(answers).map(({ item, t, share, offset }) => ({
      id: item.id,
      frame: t,
      share,
      cloud_cover: numberProperty(item, "eo:cloud_cover"),
      ...(offset
        ? { baseline: baselineOf(item), offset: -offset.subtract || 0, offset_rule: offset.because }
        : {}),
    })),
  };
}
