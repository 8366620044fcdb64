/**
 * Places on the Web Mercator map.
 *
 * @module
 */

import { type BBox, type Bounds, type PointBuffer, RsembedError } from "@rsembed/core";
import { mercatorMaxLat, transformer } from "./crs.ts";

/**
 * Bounds in EPSG:3857, metres of that map; of a box, the part on the map.
 *
 * @throws {RsembedError} `unsupported` beyond latitude 85.05, where the map ends
 */
export function mercatorBounds(place: PointBuffer | BBox): Bounds {
  const forward = transformer("EPSG:4326", "EPSG:3857");
  if (place.kind === "point") {
    if (Math.abs(place.lat) > mercatorMaxLat) throw offMap(place.lat);
    const [x, y] = forward.point([place.lon, place.lat]);
    const { bufferM } = place;
    return { minX: x - bufferM, minY: y - bufferM, maxX: x + bufferM, maxY: y + bufferM };
  }
  const clamp = (lat: number) => Math.max(-mercatorMaxLat, Math.min(mercatorMaxLat, lat));
  if (clamp(place.minLat) >= clamp(place.maxLat)) throw offMap(place.minLat);
  const [minX, minY] = forward.point([place.minLon, clamp(place.minLat)]);
  const [x, maxY] = forward.point([place.maxLon, clamp(place.maxLat)]);
  // the map repeats east of the antimeridian, so that such a box stays in one piece
  const world = 2 * forward.point([180, 0])[0];
  return { minX, minY, maxX: place.maxLon < place.minLon ? x + world : x, maxY };
}

function offMap(lat: number): RsembedError {
  return new RsembedError(
    "unsupported",
    `Cannot lay out a webmercator grid at latitude ${lat}: the map ends at 85.05 degrees, use the utm projection`,
    { facts: { feature: `webmercator at latitude ${lat}` } },
  );
}
