/**
 * The card of stored embeddings, apart from the code that reads them.
 *
 * @module
 */

import type { ProviderCard } from "../provider.ts";

/** What the catalog says of stored embeddings. */
export const productsCard: ProviderCard = {
  id: "products",
  aliases: ["precomputed"],
  title: "Stored embeddings",
  summary:
    "AlphaEarth, Tessera and Copernicus-Embed, read from where they are published or from a folder; for the models of these names.",
  network: true,
  account: false,
};
