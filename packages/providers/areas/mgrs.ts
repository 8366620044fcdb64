/**
 * Squares of the military grid, which Sentinel-2's tiles are named after.
 *
 * Source: NGA.SIG.0012, "The Universal Grids": zones, bands and letters of the 100 km squares.
 *
 * @module
 */

import { RsembedError, utmCrs } from "@rsembed/core";
import { transformer } from "../raster/crs.ts";

/** Side of a square, metres. */
const squareM = 100_000;
/** Side of a tile of Sentinel-2, metres: 10980 px of 10 m. */
const tileM = 109_800;
/** Corners of tiles are multiples of the coarsest pixel of Sentinel-2, metres. */
const coarsestM = 60;

const bandLetters = "CDEFGHJKLMNPQRSTUVWX";
/** Least northing of each band, metres; those of the south are false northings. */
const bandNorthings = [
  1_100_000,
  2_000_000,
  2_800_000,
  3_700_000,
  4_600_000,
  5_500_000,
  6_400_000,
  7_300_000,
  8_200_000,
  9_100_000,
  0,
  800_000,
  1_700_000,
  2_600_000,
  3_500_000,
  4_400_000,
  5_300_000,
  6_200_000,
  7_000_000,
  7_900_000,
];
/** Letters of columns repeat every three zones. */
const columnLetters = ["ABCDEFGH", "JKLMNPQR", "STUVWXYZ"] as const;
const rowLetters = "ABCDEFGHJKLMNPQRSTUV";
/** Letters of rows repeat at this northing, metres. */
const rowCycleM = squareM * rowLetters.length;

/** A square on the ground. */
export interface MgrsSquare {
  /** Its name, such as `32VNJ`. */
  readonly name: string;
  /** Its UTM zone, as an EPSG code. */
  readonly crs: string;
  /** West edge, metres. */
  readonly minX: number;
  /** South edge, metres. */
  readonly minY: number;
  /** East edge, metres. */
  readonly maxX: number;
  /** North edge, metres. */
  readonly maxY: number;
}

/** How far a square reaches. */
export type MgrsExtent =
  /** 100 km. */
  | "square"
  /** The 109.8 km of a tile of Sentinel-2, which reach east and south of it. */
  | "sentinel2";

function refuse(name: string, state: string): never {
  throw new RsembedError("spec", `Cannot use the MGRS square "${name}": ${state}`, {
    facts: { field: "mgrs", value: name },
  });
}

/**
 * The 100 km square of a name such as `32VNJ` (zone, band, column, row); `T32VNJ` is the same.
 *
 * @throws {RsembedError} `spec` for a name that no square has, or one that lies in another zone altogether
 *
 * @example
 * ```ts
 * import { mgrsSquare } from "@rsembed/providers/areas";
 * import assert from "node:assert/strict";
 *
 * const { crs, minX, maxY } = mgrsSquare("32VNJ", "sentinel2");
 * assert.deepEqual([crs, minX, maxY], ["EPSG:32632", 499_980, 6_400_020]);
 * ```
 */
export function mgrsSquare(name: string, extent: MgrsExtent = "square"): MgrsSquare {
  const parts = /^T?(\d{1,2})([C-HJ-NP-X])([A-HJ-NP-Z])([A-HJ-NP-V])$/i.exec(name.trim());
  if (!parts) return refuse(name, "a zone, a band and two letters are wanted, such as 32VNJ");
  const zone = Number(parts[1]);
  const [band = "", column = "", row = ""] = parts.slice(2).map((letter) => letter.toUpperCase());
  if (zone < 1 || zone > 60) refuse(name, "zones are 1 to 60");
  const columnIndex = columnLetters[(zone - 1) % 3]!.indexOf(column);
  if (columnIndex < 0) refuse(name, `zone ${zone} has no column ${column}`);
  const west = (columnIndex + 1) * squareM;
  const bandIndex = bandLetters.indexOf(band);
  const south = bandIndex < 10;
  const offset = zone % 2 === 0 ? 5 : 0;
  const rowIndex = (rowLetters.indexOf(row) - offset + rowLetters.length) % rowLetters.length;
  const least = bandNorthings[bandIndex]!;
  let north = rowIndex * squareM;
  while (north < least) north += rowCycleM;
  const crs = `EPSG:${(south ? 32700 : 32600) + zone}`;
  // some letters name squares that lie wholly beyond the zone or the band
  const [lon, lat] = transformer(crs, "EPSG:4326").point([west + squareM / 2, north + squareM / 2]);
  const bandSouth = -80 + 8 * bandIndex;
  const bandNorth = band === "X" ? 84 : bandSouth + 8;
  const isNear = lat > bandSouth - 1 && lat < bandNorth + 1 &&
    Math.abs(Number(utmCrs(lon, lat < 0 ? -1 : 1).slice(-2)) - zone) % 58 <= 1;
  if (!Number.isFinite(lon) || !isNear) {
    refuse(name, "there is no such square in its zone and band");
  }
  const label = `${String(zone).padStart(2, "0")}${band}${column}${row}`;
  if (extent === "square") {
    return {
      name: label,
      crs,
      minX: west,
      minY: north,
      maxX: west + squareM,
      maxY: north + squareM,
    };
  }
  const minX = Math.floor(west / coarsestM) * coarsestM;
  const maxY = Math.ceil((north + squareM) / coarsestM) * coarsestM;
  return { name: label, crs, minX, minY: maxY - tileM, maxX: minX + tileM, maxY };
}
