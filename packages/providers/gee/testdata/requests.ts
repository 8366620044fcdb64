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
import type { Holdings } from "./double/evaluate.ts";
import { place, tile, withDouble } from "./scenes.ts";

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
    spatial: pointBuffer({ ...place, bufferM: 80 }),
    sensor: sensorSpec({ collection: s2, bands: ["B4", "B2"], ...sensor }),
    frames,
  };
}

/** What is fetched from a double. */
export async function fetched(holdings: Holdings, asked: ImageryRequest): Promise<Patch> {
  return await withDouble({ holdings }, (_, open) => open().fetch(asked));
}

/** Column and row of the tile under each pixel of a patch that lies on the tile's own lattice. */
export function* pixelsOf({ grid }: Patch): Generator<{ at: number; column: number; row: number }> {
  const inverse = invertAffine(tile.transform);
  for (let y = 0; y < grid.height; y++) {
    for (let x = 0; x < grid.width; x++) {
      const [column, row] = applyAffine(inverse, applyAffine(grid.transform, [x, y]));
      yield { at: y * grid.width + x, column, row };
    }
  }
}

/** Checks a band of a frame, pixel by pixel. */
export function assertPlane(
  patch: Patch,
  { t = 0, band = 0 }: { t?: number; band?: number },
  expected: (column: number, row: number) => number,
): void {
  const [, bands, height, width] = patch.pixels.shape;
  const start = (t * bands + band) * height * width;
  let count = 0;
  for (const { at, column, row } of pixelsOf(patch)) {
    assert.equal(patch.pixels.data[start + at], Math.fround(expected(column, row)), `pixel ${at}`);
    count++;
  }
  assert(count > 0);
}
