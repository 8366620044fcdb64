/**
 * The card of STAC catalogues, apart from the code that asks them.
 *
 * @module
 */

import type { ProviderCard } from "../provider.ts";

/** What the catalog says of STAC catalogues. */
export const stacCard: ProviderCard = {
  id: "stac",
  aliases: ["planetary-computer", "earth-search", "cog"],
  title: "STAC catalogues and cloud-optimised GeoTIFFs",
  summary:
    "Sentinel-2 L2A, Landsat, Sentinel-1 RTC and elevation from the Planetary Computer and Earth Search, or any other catalogue; needs no account.",
  network: true,
  account: false,
};
