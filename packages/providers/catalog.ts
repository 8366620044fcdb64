/**
 * The sources of imagery: cards at once, code when asked for.
 *
 * @module
 */

import { geeCard } from "./gee/card.ts";
import { localCard } from "./local/card.ts";
import type { ProviderCatalog } from "./provider.ts";
import { productsCard } from "./products/card.ts";
import { stacCard } from "./stac/card.ts";
import { syntheticCard } from "./synthetic/card.ts";

/** Sources of imagery, by id. Extend by spread. */
export const providers: ProviderCatalog = {
  stac: {
    card: stacCard,
    load: () => import("./stac/mod.ts").then(({ stacProvider }) => stacProvider),
  },
  gee: {
    card: geeCard,
    load: () => import("./gee/mod.ts").then(({ geeProvider }) => geeProvider),
  },
  products: {
    card: productsCard,
    load: () => import("./products/mod.ts").then(({ productsProvider }) => productsProvider),
  },
  synthetic: {
    card: syntheticCard,
    load: () => import("./synthetic/mod.ts").then(({ syntheticProvider }) => syntheticProvider),
  },
  local: {
    card: localCard,
    load: () => import("./local/mod.ts").then(({ localProvider }) => localProvider),
  },
};
