/**
 * The pixels of a place.
 *
 * @module
 */

import {
  type BBox,
  type Bounds,
  centerOf,
  type Footprint,
  type Grid,
  northUpGrid,
  type PointBuffer,
  resizeGrid,
  RsembedError,
  type SensorSpec,
  type Spatial,
} from "@rsembed/core";
import { groundCrs, isGeographic, lonLatBounds, transformer } from "./crs.ts";
import { mercatorBounds } from "./mercator.ts";

/** Longest side of a grid, px. */
export const maxGridSidePx = 16_384;
/** How far UTM is stretched, metres from the central meridian: lengths are then 1.2 % off. */
const maxUtmReachM = 1_000_000;

/** What of a sensor decides the grid of a place. */
export type PlaceGridOptions = Pick<SensorSpec, "scaleM" | "projection">;

/**
 * The grid onto which the imagery of a place is brought.
 *
 * With `utm`, pixels are true ground metres in the UTM zone of the centre (polar stereographic beyond
 * 84 N and 80 S), and edges lie on multiples of the scale, so that Sentinel-2 pixels are not
 * resampled. A point is a square of `round(2 * bufferM / scaleM)` px, the same everywhere; a box is
 * all pixels that it touches; a footprint is its own grid, or the same ground in pixels of about
 * `scaleM` if its own have another size. A footprint in degrees is laid out like a box.
 *
 * With `webmercator`, points and boxes lie in EPSG:3857, where `bufferM` and `scaleM` count Mercator
 * metres (at latitude 60 half as long on the ground); a side of extent `x1 - x0` has
 * `max(1, round((x1 - x0) / scaleM))` px. Boxes are cut at latitude 85.05, where that map ends.
 *
 * Source: for `webmercator`, the grid of rs-embed's Earth Engine provider.
 *
 * @throws {RsembedError} `limit` if a side is longer than 16,384 px or a UTM grid would reach 1,000 km
 * from its meridian; `unsupported` for a point outside the Mercator map, or a footprint in a CRS that
 * is not known
 *
 * @example
 * ```ts
 * import { pointBuffer } from "@rsembed/core";
 * import { placeGrid } from "@rsembed/providers/raster";
 * import assert from "node:assert/strict";
 *
 * const place = pointBuffer({ lon: 9.845, lat: 57.227, bufferM: 1120 });
 * const grid = placeGrid(place, { scaleM: 10, projection: "utm" });
 * assert.equal(grid.crs, "EPSG:32632");
 * assert.deepEqual([grid.width, grid.height], [224, 224]);
 * assert.equal(grid.transform[2] % 10, 0);
 * ```
 */
export function placeGrid(spatial: Spatial, options: PlaceGridOptions): Grid {
  if (spatial.kind === "footprint") return footprintGrid(spatial, options.scaleM);
  if (options.projection === "webmercator") return mercatorGrid(spatial, options.scaleM);
  const { lon, lat } = centerOf(spatial);
  const crs = groundCrs(lon, lat);
  return spatial.kind === "point"
    ? pointGrid(spatial, { crs, scaleM: options.scaleM })
    : boxGrid(spatial, { crs, scaleM: options.scaleM });
}

function checkedGrid(grid: Grid): Grid {
  const longest = Math.max(grid.width, grid.height);
  if (!(longest <= maxGridSidePx)) {
    throw new RsembedError(
      "limit",
      `Cannot lay out a grid of ${grid.width} x ${grid.height} px: a side has at most ${maxGridSidePx} px, use a smaller place or a coarser scale`,
      { facts: { limit: "grid side, px", max: maxGridSidePx, actual: longest } },
    );
  }
  return grid;
}

function checkReach(crs: string, bounds: Bounds): void {
  const polar = crs === "EPSG:32661" || crs === "EPSG:32761";
  const reach = Math.max(Math.abs(bounds.minX - 500_000), Math.abs(bounds.maxX - 500_000));
  if (!polar && !(reach <= maxUtmReachM)) {
    throw new RsembedError(
      "limit",
      `Cannot lay out a grid in ${crs}: it reaches ${
        Math.round(reach / 1000)
      } km from the zone's meridian, at most ${
        maxUtmReachM / 1000
      } km are true to scale; use a smaller place or the webmercator projection`,
      { facts: { limit: "distance from the UTM meridian, m", max: maxUtmReachM, actual: reach } },
    );
  }
}

interface LayoutOptions {
  readonly crs: string;
  readonly scaleM: number;
}

function pointGrid({ lon, lat, bufferM }: PointBuffer, { crs, scaleM }: LayoutOptions): Grid {
  const [x, y] = transformer("EPSG:4326", crs).point([lon, lat]);
  const side = Math.max(1, Math.round((2 * bufferM) / scaleM));
  const half = (side * scaleM) / 2;
  checkReach(crs, { minX: x - half, maxX: x + half, minY: y - half, maxY: y + half });
  return checkedGrid(northUpGrid({
    crs,
    west: Math.round((x - half) / scaleM) * scaleM,
    north: Math.round((y + half) / scaleM) * scaleM,
    pixelSize: scaleM,
    width: side,
    height: side,
  }));
}

/** Evenly spaced stops, and multiples of 3 degrees: where a parallel turns in UTM and polar maps. */
function lonStops(west: number, east: number): number[] {
  const stops = Array.from({ length: 65 }, (_, i) => west + ((east - west) * i) / 64);
  for (let lon = Math.ceil(west / 3) * 3; lon <= east; lon += 3) stops.push(lon);
  return stops;
}

/** Bounds of a box's edges in another CRS. */
function projectedBounds(box: Omit<BBox, "kind">, crs: string): Bounds {
  const forward = transformer("EPSG:4326", crs);
  const west = box.minLon;
  const east = box.maxLon < west ? box.maxLon + 360 : box.maxLon;
  const edge: [number, number][] = [];
  for (const lon of lonStops(west, east)) edge.push([lon, box.minLat], [lon, box.maxLat]);
  for (let i = 0; i <= 64; i++) {
    const lat = box.minLat + ((box.maxLat - box.minLat) * i) / 64;
    edge.push([west, lat], [east, lat]);
  }
  let minX = Infinity, minY = Infinity, maxX = -Infinity, maxY = -Infinity;
  for (const [lon, lat] of edge) {
    const [x, y] = forward.point([lon > 180 ? lon - 360 : lon, lat]);
    minX = Math.min(minX, x);
    minY = Math.min(minY, y);
    maxX = Math.max(maxX, x);
    maxY = Math.max(maxY, y);
  }
  return { minX, minY, maxX, maxY };
}

/** Share of a pixel by which an edge may pass a lattice line and still count as lying on it. */
const dustPx = 1e-6;

function boxGrid(box: Omit<BBox, "kind">, { crs, scaleM }: LayoutOptions): Grid {
  const bounds = projectedBounds(box, crs);
  checkReach(crs, bounds);
  const left = Math.floor(bounds.minX / scaleM + dustPx);
  const right = Math.ceil(bounds.maxX / scaleM - dustPx);
  const bottom = Math.floor(bounds.minY / scaleM + dustPx);
  const top = Math.ceil(bounds.maxY / scaleM - dustPx);
  return checkedGrid(northUpGrid({
    crs,
    west: left * scaleM,
    north: top * scaleM,
    pixelSize: scaleM,
    width: Math.max(1, right - left),
    height: Math.max(1, top - bottom),
  }));
}

function mercatorGrid(place: PointBuffer | BBox, scaleM: number): Grid {
  const bounds = mercatorBounds(place);
  const count = (span: number) => Math.max(1, Math.round(span / scaleM));
  // the difference of both edges would carry dust, and points of one buffer would differ in size
  const extent = place.kind === "point" ? 2 * place.bufferM : null;
  return checkedGrid(northUpGrid({
    crs: "EPSG:3857",
    west: Math.floor(bounds.minX / scaleM + dustPx) * scaleM,
    north: Math.ceil(bounds.maxY / scaleM - dustPx) * scaleM,
    pixelSize: scaleM,
    width: count(extent ?? bounds.maxX - bounds.minX),
    height: count(extent ?? bounds.maxY - bounds.minY),
  }));
}

function footprintGrid({ grid, lon, lat }: Footprint, scaleM: number): Grid {
  if (isGeographic(grid.crs)) {
    return boxGrid(lonLatBounds(grid), { crs: groundCrs(lon, lat), scaleM });
  }
  const [a, b, , d, e] = grid.transform;
  const pixel = { width: Math.hypot(a, d), height: Math.hypot(b, e) };
  const same = (size: number) => Math.abs(size / scaleM - 1) <= 1e-6;
  if (same(pixel.width) && same(pixel.height)) return checkedGrid(grid);
  return checkedGrid(resizeGrid(grid, {
    width: Math.max(1, Math.round((grid.width * pixel.width) / scaleM)),
    height: Math.max(1, Math.round((grid.height * pixel.height) / scaleM)),
  }));
}
