/**
 * Pixels on a grid, with a mask.
 *
 * @module
 */

import { applyAffine, type Grid } from "@rsembed/core";

/** Bands on one grid. */
export interface Raster {
  /** Where its pixels lie. */
  readonly grid: Grid;
  /** Number of bands, C. */
  readonly bands: number;
  /** (C, H, W); of no meaning where not valid. */
  readonly data: Float32Array<ArrayBuffer>;
  /** (H, W): 1 where every band has imagery, else 0. */
  readonly valid: Uint8Array<ArrayBuffer>;
}

/** A rectangle of pixels of some grid. */
export interface PixelWindow {
  /** First column. */
  readonly x: number;
  /** First row. */
  readonly y: number;
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
}

/** A raster without any imagery, all zero. */
export function emptyRaster(grid: Grid, bands: number): Raster {
  const plane = grid.width * grid.height;
  return { grid, bands, data: new Float32Array(bands * plane), valid: new Uint8Array(plane) };
}

/** The part of a grid that lies under a window. */
export function windowGrid(grid: Grid, window: PixelWindow): Grid {
  const [a, b, , d, e] = grid.transform;
  const [x, y] = applyAffine(grid.transform, [window.x, window.y]);
  return {
    crs: grid.crs,
    transform: [a, b, x, d, e, y],
    width: window.width,
    height: window.height,
  };
}
