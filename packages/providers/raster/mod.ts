/**
 * Grids of places, CRSs, warping and compositing: pure functions over pixels.
 *
 * @module
 */

export {
  boundsToLonLat,
  groundCrs,
  isGeographic,
  isKnownCrs,
  type LonLatBounds,
  lonLatBounds,
  mercatorMaxLat,
  mercatorRadiusM,
  type Transformer,
  transformer,
} from "./crs.ts";
export { maxGridSidePx, placeGrid, type PlaceGridOptions } from "./place_grid.ts";
