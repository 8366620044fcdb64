/**
 * Imagery in.
 *
 * @module
 */

export {
  type NamedPlace,
  type Provider,
  type ProviderCard,
  type ProviderCatalog,
  type ProviderFactory,
  type ProviderSettings,
} from "./provider.ts";
