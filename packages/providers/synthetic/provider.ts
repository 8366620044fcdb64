/**
 * The synthetic world as a source of imagery.
 *
 * @module
 */

import { setImmediate } from "node:timers/promises";
import {
  centerOf,
  type Composite,
  type Grid,
  type ImageryRequest,
  ndarray,
  nearest,
  type Patch,
  RsembedError,
  type RunOptions,
  type SourceItem,
  type TimeRange,
} from "@rsembed/core";
import { canonicalBand } from "../bands.ts";
import type { Provider, ProviderSettings } from "../provider.ts";
import { composite } from "../raster/composite.ts";
import { mappedRows } from "../raster/lattice.ts";
import { placeGrid } from "../raster/place_grid.ts";
import { renderScene } from "./render.ts";
import { chooseScenes, type Scene, scenesIn } from "./scenes.ts";
import { worldBands } from "./spectra.ts";
import { type Positions, positionsAt, surfaceAt } from "./surface.ts";

/** Raised when the world changes, so that numbers of different worlds are not taken for the same. */
export const worldVersion = 1;

/** The window of requests that name none. */
const anyTime: TimeRange = { start: "2022-06-01", end: "2022-09-01" };

const collections = ["COPERNICUS/S2_SR_HARMONIZED", "COPERNICUS/S2_SR", "SENTINEL-2-L2A"];

/** Degrees as pixels, fine enough that interpolated positions are right to centimetres. */
const degreesPerPx = 1e-4;
const degrees: Grid = {
  crs: "EPSG:4326",
  transform: [degreesPerPx, 0, -180, 0, -degreesPerPx, 90],
  width: Math.round(360 / degreesPerPx),
  height: Math.round(180 / degreesPerPx),
};

function positionsOf(grid: Grid): Positions {
  const count = grid.width * grid.height;
  const lon = new Float64Array(count);
  const lat = new Float64Array(count);
  for (const { row, rows, xs, ys } of mappedRows(grid, degrees)) {
    const start = row * grid.width;
    for (let i = 0; i < rows * grid.width; i++) {
      lon[start + i] = xs[i]! * degreesPerPx - 180;
      lat[start + i] = 90 - ys[i]! * degreesPerPx;
    }
  }
  return positionsAt(lon, lat);
}

function bandIndices(bands: readonly string[], collection: string): number[] {
  return bands.map((band) => {
    const index = (worldBands as readonly string[]).indexOf(canonicalBand(band, collection));
    if (index >= 0) return index;
    throw new RsembedError(
      "not-found",
      `Cannot find band "${band}" in the synthetic world: it has ${worldBands.join(", ")}`,
      { facts: { name: band, nearest: nearest(band, worldBands) } },
    );
  });
}

/** Makes one image of the scenes of a frame, (band, pixel). */
function mergeScenes(
  layers: readonly Float32Array<ArrayBuffer>[],
  { grid, bands, how }: { readonly grid: Grid; readonly bands: number; readonly how: Composite },
): Float32Array<ArrayBuffer> {
  if (layers.length === 1) return layers[0]!;
  const valid = new Uint8Array(grid.width * grid.height).fill(1);
  return composite(layers.map((data) => ({ grid, bands, data, valid })), how).data;
}

/**
 * A made-up Sentinel-2 world: the same ground at the same time has the same reflectance, from whichever
 * patch, scale or CRS it is seen. Values are reflectance x 10000, whole numbers from 1 to 10000.
 *
 * The satellite passes every five days. Scenes have a cloud share, which `cloudyPct` filters by; clouds
 * are bright, not masked, as in Sentinel-2 L2A. A median is made of at most the five clearest scenes of
 * the window, a mosaic is its last scene. A frame without a window is 2022-06-01/2022-09-01. Of the
 * trigonometric functions that place pixels on the Earth, engines may differ in the last bit: values are
 * rounded, so that this shows in a digital number once in millions.
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
    const bands = bandIndices(sensor.bands, sensor.collection);
    const grid = placeGrid(spatial, { scaleM: sensor.scaleM, projection: sensor.projection });
    const place = { ...centerOf(spatial), seed };
    const chosen = frames.map((frame) => {
      const window = frame ?? anyTime;
      const scenes = scenesIn(window, place);
      const passing = chooseScenes(scenes, sensor);
      if (passing.length > 0) return passing;
      throw new RsembedError(
        "no-data",
        `Cannot find imagery between ${window.start} and ${window.end}: of ${scenes.length} scenes none ` +
          `has at most ${sensor.cloudyPct} % clouds`,
        { facts: { source: sensor.collection } },
      );
    });

    const positions = positionsOf(grid);
    const surface = surfaceAt(positions, seed);
    const size = bands.length * grid.width * grid.height;
    const data = new Float32Array(frames.length * size);
    for (const [frame, scenes] of chosen.entries()) {
      const layers: Float32Array<ArrayBuffer>[] = [];
      for (const scene of scenes) {
        // many fetches take turns, and an abort is heard, between two scenes
        await setImmediate();
        signal?.throwIfAborted();
        layers.push(renderScene({ surface, positions, bands }, scene, seed));
      }
      data.set(
        mergeScenes(layers, { grid, bands: bands.length, how: sensor.composite }),
        frame * size,
      );
    }
    const shape = [frames.length, grid.height, grid.width] as const;
    const pixelCount = shape[0] * shape[1] * shape[2];
    return {
      pixels: ndarray("float32", {
        axes: ["t", "band", "y", "x"],
        shape: [frames.length, bands.length, grid.height, grid.width],
        data,
      }),
      bands: sensor.bands,
      times: frames.map((frame) => frame ?? anyTime),
      grid,
      valid: ndarray("uint8", {
        axes: ["t", "y", "x"],
        shape,
        data: new Uint8Array(pixelCount).fill(1),
      }),
      provenance: {
        provider: "synthetic",
        source: sensor.collection,
        items: itemsOf(chosen),
        notes: { seed, world_version: worldVersion },
      },
    };
  }

  return { name: "synthetic", fetch };
}

/** Each scene once, oldest first. */
function itemsOf(chosen: readonly (readonly Scene[])[]): SourceItem[] {
  const days = new Map(chosen.flat().map((scene) => [scene.day, scene]));
  return [...days.values()].sort((a, b) => a.day - b.day).map(({ date }) => ({
    id: `synthetic-${date}`,
    datetime: `${date}T10:30:00Z`,
  }));
}
