/**
 * Checks of patches, pixel by pixel, by the lattice of made-up scenes.
 *
 * @module
 */

import assert from "node:assert/strict";
import { applyAffine, type Grid, invertAffine, type Patch } from "@rsembed/core";

/** Sentinel-2, by its name on Earth Engine. */
export const s2 = "COPERNICUS/S2_SR_HARMONIZED";
/** The window of most requests. */
export const june = { start: "2022-06-01", end: "2022-07-01" };

/** A pixel of a patch, and the pixel of a lattice in which its centre lies. */
export interface PlacedPixel {
  /** Number of the pixel in a plane of the patch. */
  readonly at: number;
  readonly column: number;
  readonly row: number;
}

/** The pixels of a patch, row by row. */
export function* pixelsOf({ grid }: Patch, lattice: Grid): Generator<PlacedPixel> {
  const inverse = invertAffine(lattice.transform);
  for (let y = 0; y < grid.height; y++) {
    for (let x = 0; x < grid.width; x++) {
      const [column, row] = applyAffine(inverse, applyAffine(grid.transform, [x + 0.5, y + 0.5]));
      yield { at: y * grid.width + x, column: Math.floor(column), row: Math.floor(row) };
    }
  }
}

/** Checks a band of a frame of a patch that lies on a lattice, pixel by pixel. */
export function assertPlane(
  patch: Patch,
  { t = 0, band = 0, lattice }: { t?: number; band?: number; lattice: Grid },
  expected: (column: number, row: number) => number,
): void {
  assertAligned(patch.grid, lattice);
  const [, bands, height, width] = patch.pixels.shape;
  assert(height! * width! > 0);
  const start = (t * bands! + band) * height! * width!;
  for (const { at, column, row } of pixelsOf(patch, lattice)) {
    const value = patch.pixels.data[start + at];
    const wanted = Math.fround(expected(column, row));
    if (value !== wanted) {
      assert.fail(`frame ${t}, band ${band}, pixel ${at}: ${value}, not ${wanted}`);
    }
  }
}

/** Checks that pixels of one grid are pixels of another. */
function assertAligned(grid: Grid, lattice: Grid): void {
  assert.equal(grid.crs, lattice.crs);
  const inverse = invertAffine(lattice.transform);
  const on = (x: number, y: number) => applyAffine(inverse, applyAffine(grid.transform, [x, y]));
  const [column, row] = on(0, 0);
  const far = on(grid.width, grid.height);
  const near = (a: number, b: number) => assert(Math.abs(a - b) < 1e-6, `${a}, not ${b}`);
  near(column, Math.round(column));
  near(row, Math.round(row));
  near(far[0] - column, grid.width);
  near(far[1] - row, grid.height);
}
