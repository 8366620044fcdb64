/**
 * The world grid of Tessera: cells of a tenth of a degree, named by their centres.
 *
 * @module
 */

import type { LonLatBounds } from "../raster/crs.ts";
import { lonSpans } from "../raster/lonlat.ts";

/** Edges this near to a tenth of a degree lie on it: `12.3 * 10` is not 123. */
const dust = 1e-9;

function tenth(degrees: number): number {
  return Math.floor(degrees * 10 + dust);
}

/** Name of the cell that begins at so many tenths of a degree. */
function nameOf(lonTenth: number, latTenth: number): string {
  // an odd multiple of five hundredths, exact as a whole number
  const centre = (cell: number) => ((10 * cell + 5) / 100).toFixed(2);
  return `grid_${centre(lonTenth)}_${centre(latTenth)}`;
}

/** Name of the cell that a place lies in. */
export function tesseraCell({ lon, lat }: { readonly lon: number; readonly lat: number }): string {
  return nameOf(tenth(lon), tenth(lat));
}

/** Names of the cells that meet a rectangle, from south-west to north-east. */
export function tesseraCells(bounds: LonLatBounds): string[] {
  const names: string[] = [];
  for (let lat = tenth(bounds.minLat); lat <= tenth(bounds.maxLat); lat++) {
    for (const [west, east] of lonSpans(bounds)) {
      // a span that ends at the antimeridian has no cell beyond it
      const last = Math.min(tenth(east), 1799);
      for (let lon = tenth(west); lon <= last; lon++) names.push(nameOf(lon, lat));
    }
  }
  return names;
}
