/**
 * Ground as corners in degrees.
 *
 * @module
 */

import { applyAffine, type Embedding, type Grid, type Patch, type Spatial } from "@rsembed/core";
import type { Embedder } from "@rsembed/embedders";
import { transformer } from "@rsembed/providers/raster";
import type { RowPlace } from "@rsembed/writers";

type Corners = RowPlace["footprint"];

/** Length of a degree of latitude on the sphere of the mean radius, metres. */
const degreeM = 111_195;

/** The corners of a grid; `null` where its CRS does not tell. */
export function gridCorners({ crs, transform, width, height }: Grid): Corners {
  let toLonLat;
  try {
    toLonLat = transformer(crs, "EPSG:4326");
  } catch {
    return null; // a CRS of nobody's
  }
  const corners = [[0, height], [width, height], [width, 0], [0, 0]] as const;
  const points = corners.map((corner) => toLonLat.point(applyAffine(transform, corner)));
  return points.every((point) => point.every(Number.isFinite)) ? points : null;
}

/** The corners of a place as it was asked for. */
export function placeCorners(place: Spatial): Corners {
  if (place.kind === "footprint") return gridCorners(place.grid);
  if (place.kind === "bbox") {
    const { minLon, minLat, maxLat } = place;
    const maxLon = place.maxLon < minLon ? place.maxLon + 360 : place.maxLon;
    return [[minLon, minLat], [maxLon, minLat], [maxLon, maxLat], [minLon, maxLat]];
  }
  const { lon, lat, bufferM } = place;
  const dLat = bufferM / degreeM;
  const dLon = Math.min(180, dLat / Math.max(1e-6, Math.cos(lat * Math.PI / 180)));
  const [south, north] = [Math.max(-90, lat - dLat), Math.min(90, lat + dLat)];
  return [[lon - dLon, south], [lon + dLon, south], [lon + dLon, north], [lon - dLon, north]];
}

/** The grid that a model saw. */
export function seenGrid(embedder: Embedder, patch: Patch, { grid, meta }: Embedding): Grid {
  if (grid) return grid;
  const prep = meta.input_prep as { readonly resolved_mode?: unknown } | undefined;
  // tiles cover the patch; a single input may be padded or cropped
  return prep?.resolved_mode === "tile" ? patch.grid : embedder.inputGrid(patch.grid);
}
