/**
 * The card of Earth Engine, apart from the code that asks it.
 *
 * @module
 */

import type { ProviderCard } from "../provider.ts";

/** What the catalog says of Earth Engine. */
export const geeCard: ProviderCard = {
  id: "gee",
  aliases: ["earthengine", "earth-engine", "ee"],
  title: "Google Earth Engine",
  summary:
    "Composites of any image collection of Earth Engine, computed there; needs a registered Google Cloud project.",
  network: true,
  account: true,
};
