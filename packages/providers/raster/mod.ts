/**
 * Grids of places, CRSs, warping and compositing: pure functions over pixels.
 *
 * @module
 */

export { composite } from "./composite.ts";
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
export { pixelsPerPixel, sourceWindow } from "./lattice.ts";
export { maxGridSidePx, placeGrid, type PlaceGridOptions } from "./place_grid.ts";
export { emptyRaster, type PixelWindow, type Raster, windowGrid } from "./raster.ts";
export {
  alignment,
  chooseResampling,
  type Resampling,
  type ResamplingDone,
  warp,
  type WarpOptions,
} from "./warp.ts";
