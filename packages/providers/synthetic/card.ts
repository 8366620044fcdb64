/**
 * The card of the synthetic world, apart from the code that makes it.
 *
 * @module
 */

import type { ProviderCard } from "../provider.ts";

/** What the catalog says of the synthetic world. */
export const syntheticCard: ProviderCard = {
  id: "synthetic",
  aliases: [],
  title: "Synthetic world",
  summary:
    "A made-up Sentinel-2 world, any place and time, for trying things offline and for tests.",
  network: false,
  account: false,
};
