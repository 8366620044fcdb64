/**
 * Grids cut into windows that the service answers in one piece.
 *
 * @module
 */

import type { Bounds, Grid } from "@rsembed/core";
import { mercatorRadiusM } from "../raster/crs.ts";
import type { PixelWindow } from "../raster/raster.ts";

/** Uncompressed bytes of an answer at most. Source: Earth Engine's quotas, `computePixels`. */
export const maxRequestBytes = 50_331_648;
/** Longest side of an answer, px. Source: as above. */
export const maxRequestSidePx = 32_768;
/** Bands of an answer at most. Source: as above. */
export const maxRequestBands = 1024;

/**
 * Cuts a window into as few, nearly square ones as keep the limits of the service, row by row.
 *
 * @param bytesPerPixel Bytes of all bands of a pixel, uncompressed
 */
export function planWindows(window: PixelWindow, bytesPerPixel: number): PixelWindow[] {
  const { width, height } = window;
  let columns = Math.ceil(width / maxRequestSidePx);
  let rows = Math.ceil(height / maxRequestSidePx);
  while (true) {
    const w = Math.ceil(width / columns), h = Math.ceil(height / rows);
    if (w * h * bytesPerPixel <= maxRequestBytes || w * h === 1) break;
    if (w >= h) columns++;
    else rows++;
  }
  return cutWindow(window, { columns, rows });
}

/** Cuts a window into windows of about the same size, row by row. */
export function cutWindow(
  { x, y, width, height }: PixelWindow,
  { columns, rows }: { readonly columns: number; readonly rows: number },
): PixelWindow[] {
  const edges = (from: number, length: number, count: number) =>
    Array.from({ length: count + 1 }, (_, i) => from + Math.round((length * i) / count));
  const xs = edges(x, width, Math.min(columns, width));
  const ys = edges(y, height, Math.min(rows, height));
  return ys.slice(1).flatMap((bottom, row) =>
    xs.slice(1).map((right, column) => ({
      x: xs[column]!,
      y: ys[row]!,
      width: right - xs[column]!,
      height: bottom - ys[row]!,
    }))
  );
}

/** A part of a grid that lies in one copy of the world. */
export interface WorldPart {
  /** Its columns, all rows. */
  readonly window: PixelWindow;
  /** What to add to x to come into the map, CRS units. */
  readonly shiftX: number;
}

const worldM = 2 * Math.PI * mercatorRadiusM;

/** Number of the copy of the world that an x lies in, 0 for the map itself. */
function copyOf(x: number): number {
  return Math.floor(x / worldM + 0.5);
}

/**
 * Cuts a north-up Web Mercator grid where it leaves the map, which ends at the antimeridian; other grids
 * stay in one piece.
 */
export function worldParts({ crs, transform, width, height }: Grid): WorldPart[] {
  const whole: WorldPart = { window: { x: 0, y: 0, width, height }, shiftX: 0 };
  if (crs !== "EPSG:3857") return [whole];
  const [a, b, c] = transform;
  if (b !== 0 || !(a > 0)) return [whole];
  const parts: WorldPart[] = [];
  let x = 0;
  while (x < width) {
    const copy = copyOf(c + (x + 0.5) * a);
    const edge = (copy + 0.5) * worldM;
    let end = Math.min(width, Math.max(x + 1, Math.ceil((edge - c) / a - 0.5)));
    // a centre on the edge itself belongs to the next copy
    if (end < width && copyOf(c + (end - 0.5) * a) !== copy) end--;
    parts.push({ window: { x, y: 0, width: end - x, height }, shiftX: -copy * worldM || 0 });
    x = end;
  }
  return parts;
}

/** Bounds of a part of the place, within its copy of the world. */
export function partBounds(bounds: Bounds, crs: string, { shiftX }: WorldPart): Bounds {
  const moved = { ...bounds, minX: bounds.minX + shiftX, maxX: bounds.maxX + shiftX };
  if (crs !== "EPSG:3857") return moved;
  return {
    ...moved,
    minX: Math.max(moved.minX, -worldM / 2),
    maxX: Math.min(moved.maxX, worldM / 2),
  };
}
