/**
 * Rectangles of degrees, which may cross the antimeridian.
 *
 * @module
 */

import type { LonLatBounds } from "./crs.ts";

/**
 * Stretches of longitude from -180 to 180. Crossing the antimeridian is written in two ways: with the west
 * edge east of the east edge, and by running on beyond 180.
 */
export function lonSpans(
  { minLon, maxLon }: Pick<LonLatBounds, "minLon" | "maxLon">,
): [west: number, east: number][] {
  if (minLon > maxLon) return [[minLon, 180], [-180, maxLon]];
  if (maxLon > 180) return [[minLon, 180], [-180, maxLon - 360]];
  if (minLon < -180) return [[minLon + 360, 180], [-180, maxLon]];
  return [[minLon, maxLon]];
}

/** Whether two rectangles meet. */
export function lonLatMeet(a: LonLatBounds, b: LonLatBounds): boolean {
  return a.minLat <= b.maxLat && b.minLat <= a.maxLat &&
    lonSpans(a).some(([west, east]) => lonSpans(b).some(([w, e]) => west <= e && w <= east));
}
