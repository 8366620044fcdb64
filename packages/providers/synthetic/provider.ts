/**
 * The synthetic world as a source of imagery.
 *
 * @module
 */

import { setImmediate } from "node:timers/promises";
import {
  type ImageryRequest,
  ndarray,
  nearest,
  type Patch,
  RsembedError,
  type RunOptions,
  type SensorSpec,
  type SourceItem,
  type TimeRange,
} from "@rsembed/core";
import { canonicalBand } from "../bands.ts";
import type { Provider, ProviderSettings } from "../provider.ts";
import { checkPatchSize } from "../raster/patch_size.ts";
import { placeGrid } from "../raster/place_grid.ts";
import { remembered } from "../remembered.ts";
import { rowsOnEarth } from "./positions.ts";
import { render } from "./render.ts";
import { chooseScenes, partsByTile, type Scene, scenesIn } from "./scenes.ts";
import { worldBands } from "./spectra.ts";
import { surfaceAt } from "./surface.ts";

/** Raised when the world changes, so that numbers of different worlds are not taken for the same. */
export const worldVersion = 1;

/** The window of requests that name none. */
const anyTime: TimeRange = { start: "2022-06-01", end: "2022-09-01" };

const collections = ["COPERNICUS/S2_SR_HARMONIZED", "COPERNICUS/S2_SR", "SENTINEL-2-L2A"];

function bandIndices(bands: readonly string[]): number[] {
  return bands.map((band) => {
    const index = (worldBands as readonly string[]).indexOf(canonicalBand(band, collections[0]!));
    if (index >= 0) return index;
    throw new RsembedError(
      "not-found",
      `Cannot find band "${band}" in the synthetic world: it has ${worldBands.join(", ")}`,
      { facts: { name: band, nearest: nearest(band, worldBands) } },
    );
  });
}

/** Tiles whose scenes are kept: neighbours look at the same. */
const maxKnownTiles = 64;
/** Longest time without a turn for others, milliseconds. */
const maxBusyMs = 12;

/** The scenes of one frame, looked up tile by tile. */
class FrameScenes {
  readonly window: TimeRange;
  readonly #sensor: SensorSpec;
  readonly #scenesOf: (window: TimeRange, tile: number) => readonly Scene[];
  readonly #chosen = new Map<number, readonly Scene[]>();
  /** Scenes there were before the cloud filter. */
  looked = 0;

  constructor(
    window: TimeRange,
    { sensor, scenesOf }: {
      readonly sensor: SensorSpec;
      readonly scenesOf: (window: TimeRange, tile: number) => readonly Scene[];
    },
  ) {
    this.window = window;
    this.#sensor = sensor;
    this.#scenesOf = scenesOf;
  }

  of(tile: number): readonly Scene[] {
    const known = this.#chosen.get(tile);
    if (known) return known;
    const scenes = this.#scenesOf(this.window, tile);
    this.looked += scenes.length;
    const chosen = chooseScenes(scenes, this.#sensor);
    this.#chosen.set(tile, chosen);
    return chosen;
  }

  get used(): Scene[] {
    return [...this.#chosen.values()].flat();
  }
}

/**
 * A made-up Sentinel-2 world: the same ground at the same time has the same reflectance, from whichever
 * patch, scale or CRS it is seen. Values are reflectance x 10000, whole numbers from 1 to 10000.
 *
 * The satellite passes every five days, at 10:30 UTC. Scenes are tiles of two degrees and have a cloud
 * share, which `cloudyPct` filters by; clouds are bright, not masked, as in Sentinel-2 L2A. A median is
 * made of at most the three clearest scenes of the window, a mosaic is its last scene. A frame of `null`
 * is 2022-06-01/2022-09-01; a frame without scenes is invalid and named in `notes.empty_frames`.
 *
 * Engines may differ in the last bit of the trigonometric functions that turn coordinates of a CRS into
 * degrees; all else is plain arithmetic. As values are rounded, that shows in one of many millions.
 *
 * @param settings `seed`: another world
 * @throws {RangeError} If the seed is not a whole number from 0 to 4294967295
 *
 * @example
 * ```ts
 * import { syntheticProvider } from "@rsembed/providers/synthetic";
 * import { pointBuffer, sensorSpec } from "@rsembed/core";
 * import assert from "node:assert/strict";
 *
 * const patch = await syntheticProvider({}).fetch({
 *   spatial: pointBuffer({ lon: 9.845, lat: 57.227, bufferM: 160 }),
 *   sensor: sensorSpec({ collection: "COPERNICUS/S2_SR_HARMONIZED", bands: ["B4", "B8"] }),
 *   frames: [{ start: "2022-06-01", end: "2022-09-01" }],
 * });
 * assert.deepEqual(patch.pixels.shape, [1, 2, 32, 32]); // (T, C, H, W)
 * ```
 */
export function syntheticProvider({ seed = 0 }: ProviderSettings): Provider {
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
    throw new RangeError(
      `Cannot make a world of seed ${seed}: it is a whole number from 0 to 4294967295`,
    );
  }

  const known = remembered<readonly Scene[]>(maxKnownTiles);
  const scenesOf = (window: TimeRange, tile: number) =>
    known(`${window.start} ${window.end} ${tile}`, () => scenesIn(window, { tile, seed }));

  async function fetch(request: ImageryRequest, { signal }: RunOptions = {}): Promise<Patch> {
    const { spatial, sensor, frames } = request;
    signal?.throwIfAborted();
    if (!collections.includes(sensor.collection.toUpperCase())) {
      throw new RsembedError(
        "unsupported",
        `Cannot make "${sensor.collection}" up: the synthetic world is ${collections[0]}`,
        { facts: { feature: sensor.collection } },
      );
    }
    if (sensor.cloudMask) {
      throw new RsembedError(
        "unsupported",
        "Cannot mask clouds of the synthetic world: its scenes do not tell them",
        { facts: { feature: "cloud mask of synthetic imagery" } },
      );
    }
    const bands = bandIndices(sensor.bands);
    const grid = placeGrid(spatial, sensor);
    const plane = grid.width * grid.height;
    const size = bands.length * plane;
    checkPatchSize({ frames: frames.length, bands: bands.length, grid });
    const scenes = frames.map((frame) => new FrameScenes(frame ?? anyTime, { sensor, scenesOf }));
    await setImmediate();
    signal?.throwIfAborted();
    const data = new Float32Array(frames.length * size);
    const valid = new Uint8Array(frames.length * plane);
    let turn = performance.now();
    for (const { row, degrees } of rowsOnEarth(grid)) {
      const first = row * grid.width;
      for (const part of partsByTile(degrees)) {
        const surface = surfaceAt(part.positions, seed);
        for (const [t, frame] of scenes.entries()) {
          const chosen = frame.of(part.tile);
          if (chosen.length === 0) continue;
          const { indices } = part;
          for (let i = 0; i < indices.length; i++) valid[t * plane + first + indices[i]!] = 1;
          const target = { data, start: t * size + first, plane };
          render({ part, surface, scenes: chosen, bands, seed }, target);
          if (performance.now() - turn > maxBusyMs) {
            await setImmediate();
            signal?.throwIfAborted();
            turn = performance.now();
          }
        }
      }
    }
    fillMissing({ data, valid, plane, fillValue: sensor.fillValue });
    const empty = scenes.flatMap((frame, t) => frame.used.length === 0 ? [t] : []);
    if (empty.length === frames.length) throw noData(scenes, sensor);
    return {
      pixels: ndarray("float32", {
        axes: ["t", "band", "y", "x"],
        shape: [frames.length, bands.length, grid.height, grid.width],
        data,
      }),
      bands: sensor.bands,
      times: scenes.map(({ window }) => window),
      grid,
      valid: ndarray("uint8", {
        axes: ["t", "y", "x"],
        shape: [frames.length, grid.height, grid.width],
        data: valid,
      }),
      provenance: {
        provider: "synthetic",
        source: sensor.collection,
        items: itemsOf(scenes.flatMap((frame) => frame.used)),
        notes: {
          seed,
          world_version: worldVersion,
          ...(empty.length > 0 ? { empty_frames: empty } : {}),
        },
      },
    };
  }

  return { name: "synthetic", identity: { seed }, fetch };
}

function fillMissing(
  { data, valid, plane, fillValue }: {
    readonly data: Float32Array;
    readonly valid: Uint8Array;
    readonly plane: number;
    readonly fillValue: number;
  },
): void {
  const bands = data.length / valid.length;
  for (let i = 0; i < valid.length; i++) {
    if (valid[i] === 1) continue;
    const first = Math.floor(i / plane) * bands * plane + (i % plane);
    for (let band = 0; band < bands; band++) data[first + band * plane] = fillValue;
  }
}

function noData(
  frames: readonly FrameScenes[],
  { collection, cloudyPct }: SensorSpec,
): RsembedError {
  const windows = frames.map(({ window }) => `${window.start}/${window.end}`).join(", ");
  const looked = frames.reduce((n, frame) => n + frame.looked, 0);
  const state = looked === 0
    ? `the satellite does not pass in ${windows}, it does every five days`
    : `of ${looked} scenes in ${windows} none has at most ${cloudyPct} % clouds`;
  return new RsembedError("no-data", `Cannot find imagery of the synthetic world: ${state}`, {
    facts: { source: collection },
  });
}

/** Each day once, oldest first. */
function itemsOf(scenes: readonly Scene[]): SourceItem[] {
  const days = new Map(scenes.map((scene) => [scene.day, scene]));
  return [...days.values()].sort((a, b) => a.day - b.day).map(({ datetime }) => ({
    id: `synthetic-${datetime.slice(0, 10)}`,
    datetime,
  }));
}
