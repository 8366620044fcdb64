/**
 * Places: where an embedding is wanted. Longitudes and latitudes are degrees, EPSG:4326.
 *
 * @module
 */

import { RsembedError } from "./errors.ts";
import type { Grid } from "./grid.ts";

/** A square of true ground metres around a point. */
export interface PointBuffer {
  /** Tells places apart. */
  readonly kind: "point";
  /** Longitude, degrees, -180 to 180. */
  readonly lon: number;
  /** Latitude, degrees, -90 to 90. */
  readonly lat: number;
  /** Half the side of the square, metres. */
  readonly bufferM: number;
}

/** A rectangle of longitudes and latitudes; `minLon > maxLon` crosses the antimeridian. */
export interface BBox {
  /** Tells places apart. */
  readonly kind: "bbox";
  /** West edge, degrees. */
  readonly minLon: number;
  /** South edge, degrees. */
  readonly minLat: number;
  /** East edge, degrees. */
  readonly maxLon: number;
  /** North edge, degrees. */
  readonly maxLat: number;
}

/** The exact pixels of a known raster, such as a local file's own footprint. */
export interface Footprint {
  /** Tells places apart. */
  readonly kind: "footprint";
  /** Its pixels. */
  readonly grid: Grid;
  /** Centre of the grid, degrees. */
  readonly lon: number;
  /** Centre of the grid, degrees. */
  readonly lat: number;
}

/** Any place. */
export type Spatial = PointBuffer | BBox | Footprint;

function refuse(field: string, value: unknown, wanted: string): never {
  throw new RsembedError("spec", `Cannot use ${field} ${value}: ${wanted}`, {
    facts: { field, value },
  });
}

function checkLon(field: string, lon: number): void {
  if (!(lon >= -180 && lon <= 180)) refuse(field, lon, "longitudes run from -180 to 180 degrees");
}

function checkLat(field: string, lat: number): void {
  if (!(lat >= -90 && lat <= 90)) refuse(field, lat, "latitudes run from -90 to 90 degrees");
}

/**
 * A square of `2 * bufferM` metres a side around a point.
 *
 * @throws {RsembedError} `spec` if a coordinate is out of range or the buffer is not positive
 *
 * @example
 * ```ts
 * import { pointBuffer } from "@rsembed/core";
 * import assert from "node:assert/strict";
 *
 * assert.equal(pointBuffer({ lon: 9.845, lat: 57.227, bufferM: 1120 }).kind, "point");
 * assert.throws(() => pointBuffer({ lon: 57.227, lat: 984.5, bufferM: 1120 }), /latitudes run/);
 * ```
 */
export function pointBuffer(
  { lon, lat, bufferM }: { lon: number; lat: number; bufferM: number },
): PointBuffer {
  checkLon("lon", lon);
  checkLat("lat", lat);
  if (!(bufferM > 0 && bufferM < 5e6)) {
    refuse("bufferM", bufferM, "a buffer is more than 0 and less than 5,000,000 metres");
  }
  return { kind: "point", lon, lat, bufferM };
}

/**
 * A rectangle of longitudes and latitudes. As in GeoJSON (RFC 7946, 5.2), a west edge east of the east
 * edge means that the box crosses the antimeridian; a box read that way must then be narrower than
 * 180 degrees, which tells a crossing from swapped edges.
 *
 * @throws {RsembedError} `spec` if a coordinate is out of range, or edges are equal or swapped
 *
 * @example
 * ```ts
 * import { bbox, centerOf } from "@rsembed/core";
 * import assert from "node:assert/strict";
 *
 * const fiji = bbox({ minLon: 179, minLat: -18, maxLon: -179, maxLat: -16 });
 * assert.deepEqual(centerOf(fiji), { lon: 180, lat: -17 });
 * ```
 */
export function bbox(
  edges: { minLon: number; minLat: number; maxLon: number; maxLat: number },
): BBox {
  const { minLon, minLat, maxLon, maxLat } = edges;
  checkLon("minLon", minLon);
  checkLon("maxLon", maxLon);
  checkLat("minLat", minLat);
  checkLat("maxLat", maxLat);
  if (!(minLat < maxLat)) refuse("minLat", minLat, `it must lie south of maxLat ${maxLat}`);
  // 180 and -180 are one meridian
  if (minLon === maxLon || minLon - maxLon === 360) {
    refuse("minLon", minLon, `it must lie west of maxLon ${maxLon}`);
  }
  if (minLon > maxLon && minLon - maxLon < 180) {
    refuse("minLon", minLon, `it lies east of maxLon ${maxLon}; swap the two`);
  }
  return { kind: "bbox", minLon, minLat, maxLon, maxLat };
}

/** The centre of a place, degrees. */
export function centerOf(place: Spatial): { lon: number; lat: number } {
  if (place.kind !== "bbox") return { lon: place.lon, lat: place.lat };
  const east = place.maxLon < place.minLon ? place.maxLon + 360 : place.maxLon;
  const lon = (place.minLon + east) / 2;
  return { lon: lon > 180 ? lon - 360 : lon, lat: (place.minLat + place.maxLat) / 2 };
}

/** Checks a place that came from outside, such as parsed JSON, and gives it back in canonical form. */
export function validateSpatial(place: Spatial): Spatial {
  switch (place.kind) {
    case "point":
      return pointBuffer(place);
    case "bbox":
      return bbox(place);
    case "footprint": {
      checkLon("lon", place.lon);
      checkLat("lat", place.lat);
      const { width, height } = place.grid;
      if (
        !(Number.isSafeInteger(width) && Number.isSafeInteger(height) && width > 0 && height > 0)
      ) {
        refuse("footprint", `${width} x ${height}`, "a footprint has at least one pixel");
      }
      return place;
    }
    default:
      return refuse("spatial", JSON.stringify(place), "a place is a point, a bbox or a footprint");
  }
}
