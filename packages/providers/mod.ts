/**
 * Imagery in.
 *
 * @module
 */

export { localCard, localProvider } from "./local/mod.ts";
export {
  type NamedPlace,
  type Provider,
  type ProviderCard,
  type ProviderCatalog,
  type ProviderFactory,
  type ProviderSettings,
} from "./provider.ts";
export {
  boundsToLonLat,
  groundCrs,
  type LonLatBounds,
  lonLatBounds,
  placeGrid,
  type PlaceGridOptions,
  type Transformer,
  transformer,
} from "./raster/mod.ts";
