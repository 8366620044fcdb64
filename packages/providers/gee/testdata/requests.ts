/**
 * Requests for the made-up scenes, and what must come of them.
 *
 * @module
 */

import { type ImageryRequest, type Patch, pointBuffer, type SensorInit, sensorSpec } from "@rsembed/core";
import { june, s2 } from "../../testdata/pixels.ts";
import * as pixels from "../../testdata/pixels.ts";
import type { Holdings } from "./double/evaluate.ts";
import { place, tile, withDouble } from "./scenes.ts";

export { june, s2 };

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

/** The pixels of a patch, by the column and row of the tile. */
export function pixelsOf(patch: Patch): Iterable<pixels.PlacedPixel> {
  return pixels.pixelsOf(patch, tile);
}

/** Checks a band of a frame, pixel by pixel, by the column and row of the tile. */
export function assertPlane(
  patch: Patch,
  { t = 0, band = 0 }: { t?: number; band?: number },
  expected: (column: number, row: number) => number,
): void {
  pixels.assertPlane(patch, { t, band, lattice: tile }, expected);
}
