/**
 * Requests for the made-up scenes, and what must come of them.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  applyAffine,
  type ImageryRequest,
  invertAffine,
  type Patch,
  pointBuffer,
  type SensorInit,
  sensorSpec,
} from "@rsembed/core";
import { place, startWorld, tile, type World, type WorldScene } from "./world.ts";

/** Sentinel-2. */
export const s2 = "COPERNICUS/S2_SR_HARMONIZED";
/** The window of most requests. */
export const june = { start: "2022-06-01", end: "2022-07-01" };

/** A request for the place. */
export function request(
  sensor: Partial<SensorInit> = {},
  frames: ImageryRequest["frames"] = [june],
): ImageryRequest {
  return {
    spatial: pointBuffer({ ...place, bufferM: 320 }),
    sensor: sensorSpec({ collection: s2, bands: ["B4", "B2"], ...sensor }),
    frames,
  };
}

/** Runs with a world of its own. */
export async function withWorld<T>(
  scenes: { readonly planetary?: readonly WorldScene[]; readonly earth?: readonly WorldScene[] },
  fn: (world: World) => Promise<T>,
): Promise<T> {
  const world = await startWorld(scenes);
  try {
    return await fn(world);
  } finally {
    await world.close();
  }
}

/** Checks a band of a frame, pixel by pixel, by the column and row of the tile. */
export function assertPlane(
  patch: Patch,
  { t = 0, band = 0, grid = tile }: { t?: number; band?: number; grid?: typeof tile },
  expected: (column: number, row: number) => number,
): void {
  const [, bands, height, width] = patch.pixels.shape;
  const inverse = invertAffine(grid.transform);
  const start = (t * bands + band) * height * width;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [column, row] = applyAffine(inverse, applyAffine(patch.grid.transform, [x, y]));
      const value = patch.pixels.data[start + y * width + x];
      const wanted = Math.fround(expected(Math.round(column), Math.round(row)));
      if (value !== wanted) assert.fail(`band ${band} at ${x} ${y}: ${value}, not ${wanted}`);
    }
  }
}
