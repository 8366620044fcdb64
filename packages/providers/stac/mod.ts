/**
 * Imagery from STAC catalogues, without an account.
 *
 * @module
 */

export { stacCard } from "./card.ts";
export {
  type StacProvider,
  stacProvider,
  type StacSettings,
  type StacTraffic,
} from "./provider.ts";
export { publicEndpoints, type StacEndpoints } from "./sources.ts";
export { type RangeClientOptions } from "../http/range_client.ts";
