/**
 * Areas cut into chips: squares of pixels on a lattice, so that neighbouring areas share them.
 *
 * @module
 */

import {
  type Bounds,
  type Footprint,
  type Grid,
  northUpGrid,
  RsembedError,
  safeFileName,
  utmCrs,
} from "@rsembed/core";
import type { NamedPlace } from "../provider.ts";
import { transformer } from "../raster/crs.ts";
import { hilbertCells } from "./hilbert.ts";
import { type MgrsSquare, mgrsSquare } from "./mgrs.ts";
import { crossesEdge, isIn, type Polygon, polygonsOf, type Position } from "./polygons.ts";

/** A part of the Earth. */
export type Area =
  /** A square of the military grid: chips begin at its north-west corner. */
  | { readonly kind: "mgrs"; readonly square: MgrsSquare }
  /** Polygons in degrees; corners beyond 180 cross the antimeridian. */
  | { readonly kind: "polygons"; readonly polygons: readonly Polygon[] };

/** A rectangle of degrees; `minLon > maxLon` crosses the antimeridian. */
export interface AreaBox {
  /** West edge, degrees. */
  readonly minLon: number;
  /** South edge, degrees. */
  readonly minLat: number;
  /** East edge, degrees. */
  readonly maxLon: number;
  /** North edge, degrees. */
  readonly maxLat: number;
}

/** Which chips belong to an area. */
export type Coverage =
  /** Those that touch it. */
  | "intersects"
  /** Those whose centre lies in it. */
  | "centre"
  /** Those that lie in it. */
  | "within";

/** How an area is cut. */
export interface ChipOptions {
  /** Side of a chip, px. */
  readonly sizePx: number;
  /** From one chip to the next, px. @default sizePx */
  readonly stridePx?: number;
  /** Side of a pixel, metres. @default 10 */
  readonly scaleM?: number;
  /** Which chips belong to the area. @default "intersects", and "within" for squares of the military grid */
  readonly coverage?: Coverage;
}

/** A chip: a place with a name and exact pixels. */
export interface Chip extends NamedPlace {
  /** Its pixels. */
  readonly spatial: Footprint;
}

/** Widest chip, px. */
const maxSizePx = 65_536;

/**
 * An area from a GeoJSON object, a rectangle, or the name of a square of the military grid, whose 109.8 km as a tile of
 * Sentinel-2 are meant.
 *
 * @throws {RsembedError} `spec` for what is none of them
 *
 * @example
 * ```ts
 * import { areaOf, chipsOf } from "@rsembed/providers/areas";
 * import assert from "node:assert/strict";
 *
 * const chips = [...chipsOf(areaOf("32VNJ"), { sizePx: 512 })];
 * assert.equal(chips.length, 21 * 21);
 * assert.equal(chips[0]?.name, "32VNJ_0000_0000");
 * ```
 */
export function areaOf(area: string | AreaBox | object): Area {
  if (typeof area === "string") return { kind: "mgrs", square: mgrsSquare(area, "sentinel2") };
  if (!("minLon" in area)) return { kind: "polygons", polygons: polygonsOf(area) };
  const { minLon, minLat, maxLon, maxLat } = area as AreaBox;
  const east = maxLon < minLon ? maxLon + 360 : maxLon;
  if (!(minLat < maxLat) || !(minLon < east) || Math.abs(minLat) > 90 || Math.abs(maxLat) > 90) {
    throw new RsembedError("spec", "Cannot use the area: its box is empty", {
      facts: { field: "area" },
    });
  }
  const ring: Position[] = [[minLon, minLat], [east, minLat], [east, maxLat], [minLon, maxLat]];
  return { kind: "polygons", polygons: [[ring]] };
}

interface Lattice {
  readonly crs: string;
  /** Side of a chip, metres. */
  readonly sideM: number;
  readonly strideM: number;
  readonly sizePx: number;
  readonly scaleM: number;
}

function chipAt(
  { crs, sizePx, scaleM }: Lattice,
  { name, west, north, centre: [lon, lat] }: {
    readonly name: string;
    readonly west: number;
    readonly north: number;
    readonly centre: Position;
  },
): Chip {
  const size = { width: sizePx, height: sizePx };
  const grid: Grid = northUpGrid({ crs, west, north, pixelSize: scaleM, ...size });
  return { name: safeFileName(name), spatial: { kind: "footprint", grid, lon, lat } };
}

/** Chips of a square, from its north-west corner on. */
function* squareChips(square: MgrsSquare, lattice: Lattice, coverage: Coverage): Generator<Chip> {
  const { crs, minX, minY, maxX, maxY, name } = square;
  const { sideM, strideM } = lattice;
  const toLonLat = transformer(crs, "EPSG:4326");
  const reach = { intersects: 0, centre: sideM / 2, within: sideM }[coverage];
  const count = (length: number) => {
    // those that begin before the end, by as much as is to lie inside
    const room = length - reach;
    return room < 0
      ? 0
      : coverage === "intersects"
      ? Math.ceil(room / strideM)
      : Math.floor(room / strideM + 1e-9) + 1;
  };
  const [rows, columns] = [count(maxY - minY), count(maxX - minX)];
  const label = (n: number) => String(n).padStart(4, "0");
  for (const [column, row] of hilbertCells(columns, rows)) {
    const [west, north] = [minX + column * strideM, maxY - row * strideM];
    const centre = toLonLat.point([west + sideM / 2, north - sideM / 2]);
    yield chipAt(lattice, {
      name: `${name}_${label(row)}_${label(column)}`,
      west,
      north,
      centre,
    });
  }
}

/** Bounds of a polygon in degrees. */
function boundsOf([ring = []]: Polygon): Bounds {
  let [minX, minY, maxX, maxY] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [lon, lat] of ring) {
    [minX, maxX] = [Math.min(minX, lon), Math.max(maxX, lon)];
    [minY, maxY] = [Math.min(minY, lat), Math.max(maxY, lat)];
  }
  return { minX, minY, maxX, maxY };
}

/** Zones that an area lies in, in order, by the places on a fine mesh of its bounds. */
function zonesOf({ minX, minY, maxX, maxY }: Bounds): string[] {
  const [south, north] = [Math.max(-80, minY), Math.min(84, maxY)];
  const zones = new Set<string>();
  const steps = (from: number, to: number, step: number) => {
    const count = Math.max(1, Math.ceil((to - from) / step));
    return Array.from({ length: count + 1 }, (_, i) => from + (to - from) * i / count);
  };
  for (const lat of [...steps(south, north, 1), ...(south < 0 && north > 0 ? [-1e-9, 0] : [])]) {
    for (const lon of steps(minX, maxX, 0.5)) zones.add(utmCrs(wrapped(lon), lat));
  }
  return [...zones].sort();
}

/** A cell of a lattice. */
interface Cell {
  readonly west: number;
  readonly north: number;
  readonly centre: Position;
  /** Corners in degrees, on the centre's side of the antimeridian. */
  readonly outline: readonly Position[];
}

/** The cells of a lattice around an area that lie in its zone. */
function* cellsAround(
  { crs, sideM, strideM }: Lattice,
  { box, coverage }: { readonly box: Bounds; readonly coverage: Coverage },
): Generator<Cell> {
  const bounds = zoneBounds(crs, box);
  if (bounds === null) return;
  const toLonLat = transformer(crs, "EPSG:4326");
  const first = Math.floor((bounds.minX - sideM) / strideM);
  const last = Math.ceil(bounds.maxX / strideM);
  const top = Math.ceil((bounds.maxY + sideM) / strideM);
  const bottom = Math.floor(bounds.minY / strideM);
  for (const [x, y] of hilbertCells(last - first + 1, top - bottom + 1)) {
    const [west, north] = [(first + x) * strideM, (top - y) * strideM];
    const centre = toLonLat.point([west + sideM / 2, north - sideM / 2]);
    if (!centre.every(Number.isFinite)) continue;
    const at = (x: number, y: number) => near(toLonLat.point([x, y]), centre);
    const outline = [
      at(west, north - sideM),
      at(west + sideM, north - sideM),
      at(west + sideM, north),
      at(west, north),
    ];
    // lattices of neighbouring zones do not fit together: where all is to be covered, chips reach over the edge
    const seen = coverage === "intersects" ? [centre, ...outline] : [centre];
    if (seen.some(([lon, lat]) => utmCrs(wrapped(lon), lat) === crs)) {
      yield { west, north, centre, outline };
    }
  }
}

/** Chips of polygons: by zones, then by polygons; one that several have comes with the first. */
function* polygonChips(
  polygons: readonly Polygon[],
  size: Omit<Lattice, "crs">,
  coverage: Coverage,
): Generator<Chip> {
  const parts = polygons.map((polygon) => ({ polygon, box: boundsOf(polygon) }));
  const zones = new Set(parts.flatMap(({ box }) => zonesOf(box)));
  for (const crs of [...zones].sort()) {
    const lattice = { ...size, crs };
    for (const [i, { box }] of parts.entries()) {
      for (const cell of cellsAround(lattice, { box, coverage })) {
        const owner = parts.findIndex((part) => covers(part, cell, coverage));
        if (owner !== i) continue;
        const { west, north, centre } = cell;
        yield chipAt(lattice, { name: `${crs.slice(5)}_${west}_${north}`, west, north, centre });
      }
    }
  }
}

/** A longitude in -180 to 180. */
function wrapped(lon: number): number {
  return ((lon + 540) % 360) - 180;
}

/** A longitude on the side of the antimeridian that another position is on. */
function near([lon, lat]: Position, [other]: Position): Position {
  return [lon + 360 * Math.round((other - lon) / 360), lat];
}

/** Whether a chip belongs to a polygon. */
function covers(
  { polygon, box }: { readonly polygon: Polygon; readonly box: Bounds },
  { centre, outline }: Cell,
  coverage: Coverage,
): boolean {
  const middle: Position = [(box.minX + box.maxX) / 2, 0];
  const [shifted] = near(centre, middle);
  const shift = shifted - centre[0];
  const corners = outline.map(([lon, lat]): Position => [lon + shift, lat]);
  const [lons, lats] = [corners.map(([lon]) => lon), corners.map(([, lat]) => lat)];
  const apart = Math.min(...lons) > box.maxX || Math.max(...lons) < box.minX ||
    Math.min(...lats) > box.maxY || Math.max(...lats) < box.minY;
  if (apart) return false;
  const inside = isIn([shifted, centre[1]], polygon);
  if (coverage === "centre") return inside;
  if (crossesEdge(corners, polygon)) return coverage === "intersects";
  // without a crossing the chip lies in the polygon or beside it, or the polygon in the chip
  if (inside) return true;
  return coverage === "intersects" && isIn(polygon[0]![0]!, [corners]);
}

/** The bounds of an area within a zone, metres; `null` where it does not reach there. */
function zoneBounds(crs: string, { minX, minY, maxX, maxY }: Bounds): Bounds | null {
  const fromLonLat = transformer("EPSG:4326", crs);
  const [south, north] = [Math.max(-80, minY), Math.min(84, maxY)];
  const out = { minX: Infinity, minY: Infinity, maxX: -Infinity, maxY: -Infinity };
  const steps = 64;
  for (let i = 0; i <= steps; i++) {
    for (let j = 0; j <= steps; j++) {
      const [lon, lat] = [minX + (maxX - minX) * i / steps, south + (north - south) * j / steps];
      // a little beyond the zone, as chips of the zone reach over its edge
      const own = wrapped(lon);
      const zones = [-1.5, 0, 1.5].map((step) => utmCrs(wrapped(own + step), lat));
      if (!zones.includes(crs)) continue;
      const [x, y] = fromLonLat.point([own, lat]);
      if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
      out.minX = Math.min(out.minX, x);
      out.maxX = Math.max(out.maxX, x);
      out.minY = Math.min(out.minY, y);
      out.maxY = Math.max(out.maxY, y);
    }
  }
  if (out.minX === Infinity) return null;
  // what lies between the points of the mesh
  const margin = Math.max((out.maxX - out.minX) / 16, (out.maxY - out.minY) / 16, 1000);
  return {
    minX: out.minX - margin,
    minY: out.minY - margin,
    maxX: out.maxX + margin,
    maxY: out.maxY + margin,
  };
}

/**
 * Cuts an area into chips, one after another; nothing is held. Chips that follow each other lie close together
 * (along a Hilbert curve), so that they share what is read for them. Squares of the military grid are cut from their
 * north-west corner; other areas on multiples of the stride from the origin of each UTM zone they lie in, so that
 * neighbouring areas share chips. Where an area spans zones, `intersects` covers all of it, with chips of both along the
 * edge; `centre` and `within` give a chip to the zone of its centre.
 *
 * @throws {RsembedError} `spec` for sizes that are none
 */
export function chipsOf(area: Area, options: ChipOptions): Iterable<Chip> {
  const { sizePx, stridePx = sizePx, scaleM = 10 } = options;
  for (const [field, value] of [["sizePx", sizePx], ["stridePx", stridePx]] as const) {
    if (!Number.isSafeInteger(value) || value < 1 || value > maxSizePx) {
      throw new RsembedError(
        "spec",
        `Cannot cut chips with ${field} ${value}: a whole number from 1 to ${maxSizePx} is wanted`,
        { facts: { field, value } },
      );
    }
  }
  if (!(scaleM > 0 && Number.isFinite(scaleM))) {
    throw new RsembedError("spec", `Cannot cut chips of pixels of ${scaleM} m`, {
      facts: { field: "scaleM", value: scaleM },
    });
  }
  const lattice = { sideM: sizePx * scaleM, strideM: stridePx * scaleM, sizePx, scaleM };
  return area.kind === "mgrs"
    ? squareChips(area.square, { ...lattice, crs: area.square.crs }, options.coverage ?? "within")
    : polygonChips(area.polygons, lattice, options.coverage ?? "intersects");
}
