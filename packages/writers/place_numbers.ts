/**
 * Where and when rows are, as columns of numbers.
 *
 * @module
 */

import { dayMs, type RunOptions } from "@rsembed/core";
import type { DatasetColumn, RowPlace } from "./dataset.ts";

/** Numbers of rows, one a row; NaN where a number is not known. */
export interface PlaceNumbers {
  /** Longitude of the middle of the footprint, degrees. */
  readonly lon: Float64Array<ArrayBuffer>;
  /** Latitude of the middle of the footprint, degrees. */
  readonly lat: Float64Array<ArrayBuffer>;
  /** First day of the window, days since 1970. */
  readonly start: Float64Array<ArrayBuffer>;
  /** Day after the window, days since 1970. */
  readonly end: Float64Array<ArrayBuffer>;
  /** Grids of the rows; `null` if no row has one. */
  readonly grids: GridNumbers | null;
}

/** Grids as numbers. */
export interface GridNumbers {
  /** EPSG codes of the CRSs, 0 for others. */
  readonly epsg: Int32Array<ArrayBuffer>;
  /** Affine transforms, (rows, 6). */
  readonly transforms: Float64Array<ArrayBuffer>;
}

/** Middles of the windows, days since 1970. */
export function middlesOf({ start, end }: PlaceNumbers): Float64Array<ArrayBuffer> {
  return start.map((day, row) => (day + end[row]!) / 2);
}

function dayOf(date: string | null): number {
  return date === null ? NaN : Date.parse(date) / dayMs;
}

function meanOf(footprint: RowPlace["footprint"], axis: 0 | 1): number {
  if (!footprint) return NaN;
  return footprint.reduce((sum, corner) => sum + corner[axis], 0) / footprint.length;
}

/**
 * The numbers of all rows of a column: 36 bytes a row, and 48 more where there are grids.
 *
 * @param onPlace Called for each row, for what is no number
 */
export async function placeNumbers(
  column: DatasetColumn,
  { signal, onPlace }: RunOptions & { readonly onPlace?: (place: RowPlace, row: number) => void },
): Promise<PlaceNumbers> {
  const count = column.indices.length;
  const [lon, lat, start, end] = [
    new Float64Array(count),
    new Float64Array(count),
    new Float64Array(count),
    new Float64Array(count),
  ];
  const epsg = new Int32Array(count);
  let transforms: GridNumbers["transforms"] | null = null;
  let row = 0;
  for await (const place of column.places()) {
    signal?.throwIfAborted();
    lon[row] = meanOf(place.footprint, 0);
    lat[row] = meanOf(place.footprint, 1);
    start[row] = dayOf(place.start);
    end[row] = dayOf(place.end);
    if (place.grid) {
      transforms ??= new Float64Array(6 * count).fill(NaN);
      transforms.set(place.grid.transform, 6 * row);
      epsg[row] = Number(/^EPSG:(\d+)$/i.exec(place.grid.crs)?.[1] ?? 0);
    }
    onPlace?.(place, row);
    row++;
  }
  return { lon, lat, start, end, grids: transforms && { epsg, transforms } };
}
