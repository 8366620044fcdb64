/**
 * Where the pixels of a grid lie on the Earth.
 *
 * @module
 */

import type { Grid } from "@rsembed/core";
import { mappedRows } from "../raster/lattice.ts";
import type { Points } from "./noise.ts";

/** Radius of the sphere the world lives on, metres. */
export const earthRadiusM = 6_371_000;

/** Longitudes, -180 to 180, and latitudes; NaN off the Earth. */
export interface Degrees {
  readonly lon: Float64Array;
  readonly lat: Float64Array;
}

/** Positions in degrees, and as points on the sphere. */
export interface Positions extends Degrees, Points {}

/** Positions of some whole rows of a grid. */
export interface RowsOnEarth {
  /** First row. */
  readonly row: number;
  readonly degrees: Degrees;
}

/** The Earth in degrees as pixels, so fine that interpolated positions are right to a few centimetres. */
const degreesPerPx = 1e-4;
const earth: Grid = {
  crs: "EPSG:4326",
  transform: [degreesPerPx, 0, -180, 0, -degreesPerPx, 90],
  width: Math.round(360 / degreesPerPx),
  height: Math.round(180 / degreesPerPx),
};

/** The positions of all pixels of a grid, some rows at a time. */
export function* rowsOnEarth(grid: Grid): Generator<RowsOnEarth, void, undefined> {
  for (const { row, rows, xs, ys } of mappedRows(grid, earth)) {
    const count = rows * grid.width;
    const lon = new Float64Array(count);
    const lat = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      const x = xs[i]! * degreesPerPx - 180;
      lon[i] = x - 360 * Math.floor((x + 180) / 360);
      lat[i] = 90 - ys[i]! * degreesPerPx;
    }
    yield { row, degrees: { lon, lat } };
  }
}

const degree = Math.PI / 180;
const c2 = -1 / 2, s3 = -1 / 6, c4 = 1 / 24, s5 = 1 / 120, c6 = -1 / 720, s7 = -1 / 5040;
const c8 = 1 / 40_320, s9 = 1 / 362_880, c10 = -1 / 3_628_800, s11 = -1 / 39_916_800;
const c12 = 1 / 479_001_600, s13 = 1 / 6_227_020_800, c14 = -1 / 87_178_291_200;

/**
 * Sine of degrees, the same to the last bit in every engine, which `Math.sin` is not.
 *
 * Source: the Taylor series, within 45 degrees right to 2e-14.
 */
function sine(angle: number): number {
  const quarter = Math.floor(angle / 90 + 0.5);
  const r = (angle - 90 * quarter) * degree;
  const s = r * r;
  const value = (quarter & 1) === 0
    ? r * (1 + s * (s3 + s * (s5 + s * (s7 + s * (s9 + s * (s11 + s * s13))))))
    : 1 + s * (c2 + s * (c4 + s * (c6 + s * (c8 + s * (c10 + s * (c12 + s * c14))))));
  return (quarter & 2) === 0 ? value : -value;
}

/** Cosine of degrees; see {@linkcode sine}. */
export function cosine(angle: number): number {
  return sine(angle + 90);
}

/** The points of some longitudes and latitudes. */
export function positionsAt({ lon, lat }: Degrees): Positions {
  const x = new Float64Array(lon.length);
  const y = new Float64Array(lon.length);
  const z = new Float64Array(lon.length);
  for (let i = 0; i < lon.length; i++) {
    const ring = earthRadiusM * cosine(lat[i]!);
    x[i] = ring * cosine(lon[i]!);
    y[i] = ring * sine(lon[i]!);
    z[i] = earthRadiusM * sine(lat[i]!);
  }
  return { lon, lat, x, y, z };
}
