/**
 * Patches for tests.
 *
 * @module
 */

import { ndarray, northUpGrid, type Patch, type TimeRange } from "@rsembed/core";

/** What a test patch is like. */
export interface TestPatchOptions {
  readonly bands: readonly string[];
  readonly height: number;
  readonly width: number;
  /** One entry a frame. @default one frame of June 2022 */
  readonly times?: readonly (TimeRange | null)[];
  /** @default 1 */
  readonly seed?: number;
}

/** A patch of reflectances x 10000, repeatable, different at every pixel. */
export function testPatch(options: TestPatchOptions): Patch {
  const { bands, height, width, seed = 1 } = options;
  const times = options.times ?? [{ start: "2022-06-01", end: "2022-07-01" }];
  const shape = [times.length, bands.length, height, width] as const;
  let state = seed >>> 0;
  const pixels = ndarray("float32", { axes: ["t", "band", "y", "x"], shape });
  for (let i = 0; i < pixels.data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    pixels.data[i] = state % 10000;
  }
  return {
    pixels,
    bands,
    times,
    grid: northUpGrid({ crs: "EPSG:32632", west: 5e5, north: 6e6, pixelSize: 10, width, height }),
    valid: ndarray("uint8", {
      axes: ["t", "y", "x"],
      shape: [times.length, height, width],
      data: new Uint8Array(times.length * height * width).fill(1),
    }),
    provenance: { provider: "test", source: "test", items: [], notes: {} },
  };
}
