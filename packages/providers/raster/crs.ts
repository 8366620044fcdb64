/**
 * Coordinate reference systems, known by rule: EPSG:4326, EPSG:3857, the UTM zones of WGS 84
 * (EPSG:32601 to 32660, 32701 to 32760) and the polar stereographic pair (EPSG:32661, 32761).
 *
 * @module
 */

import {
  applyAffine,
  type Bounds,
  type Grid,
  gridBounds,
  RsembedError,
  utmCrs,
} from "@rsembed/core";
import proj4 from "proj4";
import { remembered } from "../remembered.ts";

/** Radius of the sphere of EPSG:3857, metres. */
export const mercatorRadiusM = 6_378_137;
/** Latitude at which the square world of EPSG:3857 ends, degrees. */
export const mercatorMaxLat = 85.051128779806604;

/** A rectangle of degrees; `minLon > maxLon` crosses the antimeridian. */
export interface LonLatBounds {
  /** West edge. */
  readonly minLon: number;
  /** South edge. */
  readonly minLat: number;
  /** East edge. */
  readonly maxLon: number;
  /** North edge. */
  readonly maxLat: number;
}

/** Maps coordinates of one CRS onto another. Degrees are longitude first. */
export interface Transformer {
  /** The CRS of what goes in. */
  readonly from: string;
  /** The CRS of what comes out. */
  readonly to: string;
  /** One position; NaN where the other CRS does not reach. */
  point(position: readonly [x: number, y: number]): [x: number, y: number];
  /** Many positions, in place; NaN where the other CRS does not reach. */
  points(xs: Float64Array, ys: Float64Array): void;
}

const geographic = "EPSG:4326";
const mercator = "EPSG:3857";

/** The code with upper-case authority, or `null` if it is none of those known. */
function knownCode(crs: string): string | null {
  const match = /^\s*EPSG:(\d{4,5})\s*$/i.exec(crs);
  const code = Number(match?.[1]);
  const zone = code % 100;
  const hundreds = Math.floor(code / 100);
  const utm = (hundreds === 326 || hundreds === 327) && zone >= 1 && zone <= 61;
  return utm || code === 4326 || code === 3857 ? `EPSG:${code}` : null;
}

/** Whether {@linkcode transformer} knows a CRS. */
export function isKnownCrs(crs: string): boolean {
  return knownCode(crs) !== null;
}

/** Whether a CRS counts in degrees. */
export function isGeographic(crs: string): boolean {
  return knownCode(crs) === geographic;
}

/** The PROJ definition of a known code. */
function definition(crs: string): string {
  const code = knownCode(crs);
  if (code === null) {
    throw new RsembedError(
      "unsupported",
      `Cannot use the CRS "${crs}": EPSG:4326, EPSG:3857, UTM (EPSG:326xx, 327xx) and polar stereographic (EPSG:32661, 32761) are known`,
      { facts: { feature: `crs ${crs}` } },
    );
  }
  if (code === geographic) return "+proj=longlat +datum=WGS84 +no_defs";
  if (code === mercator) {
    return `+proj=merc +a=${mercatorRadiusM} +b=${mercatorRadiusM} +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 +units=m +nadgrids=@null +no_defs`;
  }
  const zone = Number(code.slice(-2));
  const south = code.startsWith("EPSG:327");
  if (zone === 61) {
    return `+proj=stere +lat_0=${
      south ? -90 : 90
    } +lon_0=0 +k=0.994 +x_0=2000000 +y_0=2000000 +datum=WGS84 +units=m +no_defs`;
  }
  return `+proj=utm +zone=${zone}${south ? " +south" : ""} +datum=WGS84 +units=m +no_defs`;
}

/**
 * The CRS of true ground metres at a place: its UTM zone, or beyond latitude 84 N and 80 S the polar
 * stereographic one of that pole.
 *
 * @example
 * ```ts
 * import { groundCrs } from "@rsembed/providers/raster";
 * import assert from "node:assert/strict";
 *
 * assert.equal(groundCrs(9.845, 57.227), "EPSG:32632");
 * assert.equal(groundCrs(0, -85), "EPSG:32761");
 * ```
 */
export function groundCrs(lon: number, lat: number): string {
  if (lat > 84) return "EPSG:32661";
  if (lat < -80) return "EPSG:32761";
  return utmCrs(lon, lat);
}

/**
 * Maps coordinates of `from` onto `to`.
 *
 * @throws {RsembedError} `unsupported` for a CRS that is not known
 *
 * @example
 * ```ts
 * import { transformer } from "@rsembed/providers/raster";
 * import assert from "node:assert/strict";
 *
 * const [x, y] = transformer("EPSG:4326", "EPSG:32633").point([15, 0]);
 * assert(Math.abs(x - 500_000) < 1e-6 && Math.abs(y) < 1e-6);
 * ```
 */
export function transformer(from: string, to: string): Transformer {
  return known(`${from}\n${to}`, () => makeTransformer(from, to));
}

/** Definitions take longer to read than positions to map; both ways of every zone may be in use. */
const known = remembered<Transformer>(256);

function makeTransformer(from: string, to: string): Transformer {
  const source = definition(from);
  const target = definition(to);
  if (source === target) {
    return { from, to, point: ([x, y]) => [x, y], points: () => {} };
  }
  const { forward } = proj4(source, target);
  const point = (position: readonly [number, number]): [number, number] => {
    if (!Number.isFinite(position[0]) || !Number.isFinite(position[1])) return [NaN, NaN];
    try {
      const [x, y] = forward([position[0], position[1]]);
      return Number.isFinite(x) && Number.isFinite(y) ? [x!, y!] : [NaN, NaN];
    } catch {
      // proj4 throws, with no class of its own, at places that a projection sends to infinity
      return [NaN, NaN];
    }
  };
  return {
    from,
    to,
    point,
    points(xs, ys) {
      for (let i = 0; i < xs.length; i++) {
        const [x, y] = point([xs[i]!, ys[i]!]);
        xs[i] = x;
        ys[i] = y;
      }
    },
  };
}

/** Points a side when an outline is followed into another CRS. */
const outlineSteps = 64;

function wrapLon(lon: number): number {
  return lon > 180 ? lon - 360 : lon < -180 ? lon + 360 : lon;
}

/**
 * The longitudes and latitudes of a rectangle in another CRS, following its edges. A rectangle around
 * a pole spans all longitudes.
 *
 * @throws {RsembedError} `unsupported` for a CRS that is not known, or a rectangle that leaves it
 */
export function boundsToLonLat(crs: string, bounds: Bounds): LonLatBounds {
  return outlineBounds(crs, bounds, ([u, v]) => [
    bounds.minX + u * (bounds.maxX - bounds.minX),
    bounds.minY + v * (bounds.maxY - bounds.minY),
  ]);
}

/**
 * The longitudes and latitudes that a grid covers, following its edges.
 *
 * @throws {RsembedError} `unsupported` for a CRS that is not known, or a grid that leaves it
 *
 * @example
 * ```ts
 * import { northUpGrid } from "@rsembed/core";
 * import { lonLatBounds } from "@rsembed/providers/raster";
 * import assert from "node:assert/strict";
 *
 * const grid = northUpGrid({
 *   crs: "EPSG:32633", west: 499_000, north: 5_001_000, pixelSize: 10, width: 200, height: 200,
 * });
 * const { minLon, maxLon } = lonLatBounds(grid);
 * assert(minLon < 15 && maxLon > 15 && maxLon - minLon < 0.03);
 * ```
 */
export function lonLatBounds(grid: Grid): LonLatBounds {
  return outlineBounds(
    grid.crs,
    gridBounds(grid),
    ([u, v]) => applyAffine(grid.transform, [u * grid.width, v * grid.height]),
  );
}

function outlineBounds(
  crs: string,
  bounds: Bounds,
  at: (position: readonly [u: number, v: number]) => [number, number],
): LonLatBounds {
  const degrees = transformer(crs, geographic);
  const [centreLon] = degrees.point(at([0.5, 0.5]));
  let west = Infinity, east = -Infinity, south = Infinity, north = -Infinity;
  const visit = (u: number, v: number) => {
    const [x, lat] = degrees.point(at([u, v]));
    const lon = isGeographic(crs) ? x : centreLon + wrapLon(x - centreLon);
    west = Math.min(west, lon);
    east = Math.max(east, lon);
    south = Math.min(south, lat);
    north = Math.max(north, lat);
  };
  for (let i = 0; i <= outlineSteps; i++) {
    const t = i / outlineSteps;
    visit(t, 0);
    visit(t, 1);
    visit(0, t);
    visit(1, t);
  }
  if (!Number.isFinite(west + east + south + north)) {
    throw new RsembedError(
      "unsupported",
      `Cannot find the longitudes of [${bounds.minX}, ${bounds.minY}, ${bounds.maxX}, ${bounds.maxY}]: it leaves ${crs}`,
      { facts: { feature: `bounds outside ${crs}` } },
    );
  }
  for (const pole of [-90, 90]) {
    const [x, y] = transformer(geographic, crs).point([0, pole]);
    if (x > bounds.minX && x < bounds.maxX && y > bounds.minY && y < bounds.maxY) {
      west = -180;
      east = 180;
      south = Math.min(south, pole);
      north = Math.max(north, pole);
    }
  }
  if (east - west >= 360) return { minLon: -180, minLat: south, maxLon: 180, maxLat: north };
  return { minLon: wrapLon(west), minLat: south, maxLon: wrapLon(east), maxLat: north };
}
