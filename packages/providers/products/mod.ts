/**
 * Embeddings that others computed and published: AlphaEarth, Tessera, Copernicus-Embed.
 *
 * @module
 */

export { productsCard } from "./card.ts";
export { dequantizeGse } from "./gse.ts";
export { productsProvider, type ProductsSettings } from "./provider.ts";
