/**
 * Where the pixels of a raster lie: a CRS, an affine transform and a size.
 *
 * @module
 */

import { RsembedError } from "./errors.ts";

/**
 * Affine map from pixel corners to coordinates, `[a, b, c, d, e, f]`:
 * `x = a * column + b * row + c`, `y = d * column + e * row + f` (the order of rasterio's `Affine`).
 * North-up grids have `b = d = 0`, `a > 0`, `e < 0`.
 */
export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** The lattice of a raster. */
export interface Grid {
  /** An authority code such as `EPSG:32633`. */
  readonly crs: string;
  /** From pixel corners to coordinates of the CRS. */
  readonly transform: Affine;
  /** Columns, px. */
  readonly width: number;
  /** Rows, px. */
  readonly height: number;
}

/** A rectangle in the coordinates of some CRS. */
export interface Bounds {
  /** West edge, CRS units. */
  readonly minX: number;
  /** South edge, CRS units. */
  readonly minY: number;
  /** East edge, CRS units. */
  readonly maxX: number;
  /** North edge, CRS units. */
  readonly maxY: number;
}

/** Options of {@linkcode northUpGrid}. */
export interface NorthUpGridOptions {
  /** An authority code such as `EPSG:32633`. */
  readonly crs: string;
  /** x of the west edge, CRS units. */
  readonly west: number;
  /** y of the north edge, CRS units. */
  readonly north: number;
  /** Side of a pixel, CRS units (metres for UTM and Web Mercator). */
  readonly pixelSize: number;
  /** Columns, px. */
  readonly width: number;
  /** Rows, px. */
  readonly height: number;
}

/**
 * A north-up grid of square pixels.
 *
 * @example
 * ```ts
 * import { gridBounds, northUpGrid } from "@rsembed/core";
 * import assert from "node:assert/strict";
 *
 * const grid = northUpGrid({
 *   crs: "EPSG:32633", west: 500000, north: 4649776, pixelSize: 10, width: 64, height: 32,
 * });
 * assert.deepEqual(gridBounds(grid), { minX: 500000, minY: 4649456, maxX: 500640, maxY: 4649776 });
 * ```
 */
export function northUpGrid(options: NorthUpGridOptions): Grid {
  const { crs, west, north, pixelSize, width, height } = options;
  return { crs, transform: [pixelSize, 0, west, 0, -pixelSize, north], width, height };
}

/** Applies an affine to a pixel position (0, 0 is the outer corner of the first pixel). */
export function applyAffine(
  transform: Affine,
  [column, row]: readonly [number, number],
): [number, number] {
  const [a, b, c, d, e, f] = transform;
  return [a * column + b * row + c, d * column + e * row + f];
}

/**
 * The inverse map, from coordinates to pixel positions.
 *
 * @throws {RsembedError} `spec` if the transform is singular
 */
export function invertAffine(transform: Affine): Affine {
  const [a, b, c, d, e, f] = transform;
  const det = a * e - b * d;
  if (det === 0 || !Number.isFinite(det)) {
    throw new RsembedError(
      "spec",
      `Cannot invert the transform [${transform}]: its determinant is ${det}`,
      { facts: { field: "transform", value: transform } },
    );
  }
  return [
    e / det,
    -b / det,
    (b * f - c * e) / det,
    -d / det,
    a / det,
    (c * d - a * f) / det,
  ];
}

/** Outer bounds of a grid in its own CRS. */
export function gridBounds(grid: Grid): Bounds {
  const corners = ([[0, 0], [grid.width, 0], [0, grid.height], [grid.width, grid.height]] as const)
    .map((corner) => applyAffine(grid.transform, corner));
  const xs = corners.map(([x]) => x);
  const ys = corners.map(([, y]) => y);
  return {
    minX: Math.min(...xs),
    minY: Math.min(...ys),
    maxX: Math.max(...xs),
    maxY: Math.max(...ys),
  };
}

/**
 * The grid of a raster resampled to another size over the same ground, as for a token grid: 14 x 14
 * tokens over a 224 px patch have 16 times its pitch.
 */
export function resizeGrid(grid: Grid, { width, height }: { width: number; height: number }): Grid {
  const [a, b, c, d, e, f] = grid.transform;
  const sx = grid.width / width;
  const sy = grid.height / height;
  return { crs: grid.crs, transform: [a * sx, b * sy, c, d * sx, e * sy, f], width, height };
}

/**
 * The EPSG code of the UTM zone of a place (326xx north, 327xx south), with the exceptions for
 * south-west Norway (zone 32) and Svalbard (31, 33, 35, 37).
 *
 * Source: the MGRS zone layout, NGA.SIG.0012, as followed by Sentinel-2 tiles.
 */
export function utmCrs(lon: number, lat: number): string {
  const x = lon >= 180 ? lon - 360 : lon < -180 ? lon + 360 : lon;
  let zone = Math.floor((x + 180) / 6) + 1;
  if (lat >= 56 && lat < 64 && x >= 3 && x < 12) zone = 32;
  if (lat >= 72 && lat < 84 && x >= 0 && x < 42) {
    zone = x < 9 ? 31 : x < 21 ? 33 : x < 33 ? 35 : 37;
  }
  return `EPSG:${(lat >= 0 ? 32600 : 32700) + zone}`;
}
