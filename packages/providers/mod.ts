/**
 * Imagery in.
 *
 * @module
 */

export { providers } from "./catalog.ts";
export { geeCard } from "./gee/card.ts";
export { productsCard } from "./products/card.ts";
export { stacCard } from "./stac/card.ts";
export { localCard } from "./local/card.ts";
export {
  type NamedPlace,
  type Provider,
  type ProviderCard,
  type ProviderCatalog,
  type ProviderFactory,
  type ProviderSettings,
} from "./provider.ts";
