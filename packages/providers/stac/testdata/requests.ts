/**
 * Requests for the made-up scenes, and what must come of them.
 *
 * @module
 */

import { type ImageryRequest, type Patch, pointBuffer, type SensorInit, sensorSpec } from "@rsembed/core";
import { june, s2 } from "../../testdata/pixels.ts";
import * as pixels from "../../testdata/pixels.ts";
import { place, startWorld, tile, type World, type WorldScene } from "./world.ts";

export { june, s2 };

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

/** Checks a band of a frame, pixel by pixel, by the column and row of the tile, or of another lattice. */
export function assertPlane(
  patch: Patch,
  { t = 0, band = 0, grid = tile }: { t?: number; band?: number; grid?: typeof tile },
  expected: (column: number, row: number) => number,
): void {
  pixels.assertPlane(patch, { t, band, lattice: grid }, expected);
}
