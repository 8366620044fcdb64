/**
 * All model families of this package. Cards are here at once; code comes when a family is loaded.
 *
 * @module
 */

import { card as anysat } from "./anysat/card.ts";
import type { EmbedderCatalog } from "./embedder.ts";
import { card as galileo } from "./galileo/card.ts";
import { card as mosaiks } from "./mosaiks/card.ts";
import { card as olmoearth } from "./olmoearth/card.ts";
import { card as prithvi } from "./prithvi/card.ts";
import { card as remoteclip } from "./remoteclip/card.ts";
import { card as satmae } from "./satmae/card.ts";
import { card as satmaepp } from "./satmaepp/card.ts";
import { card as scalemae } from "./scalemae/card.ts";
import { card as terrafm } from "./terrafm/card.ts";
import { card as dofa } from "./dofa/card.ts";
import { card as fomo } from "./fomo/card.ts";
import { card as satvision } from "./satvision/card.ts";
import { card as terramind } from "./terramind/card.ts";
import { card as wildsat } from "./wildsat/card.ts";
import { card as agrifm } from "./agrifm/card.ts";
import { card as presto } from "./presto/card.ts";
import { card as clay } from "./clay/card.ts";
import { card as copernicus } from "./copernicus/card.ts";
import { card as gse } from "./gse/card.ts";
import { card as tessera } from "./tessera/card.ts";
import { card as thor } from "./thor/card.ts";

/**
 * Model families by id. Extend by spread: `{ ...embedders, mine: { card, load } }`.
 *
 * @example
 * ```ts
 * import { lookup } from "@rsembed/core";
 * import { embedders } from "@rsembed/embedders";
 * import assert from "node:assert/strict";
 *
 * const { card, load } = lookup(embedders, "galileo", "model");
 * assert.equal(card.variants.nano?.dim, 128);
 * const family = await load();
 * assert.equal(family.card, card);
 * ```
 */
export const embedders: EmbedderCatalog = {
  mosaiks: {
    card: mosaiks,
    load: async () => (await import("./mosaiks/mod.ts")).family,
  },
  galileo: {
    card: galileo,
    load: async () => (await import("./galileo/mod.ts")).family,
  },
  remoteclip: {
    card: remoteclip,
    load: async () => (await import("./remoteclip/mod.ts")).family,
  },
  prithvi: {
    card: prithvi,
    load: async () => (await import("./prithvi/mod.ts")).family,
  },
  satmae: {
    card: satmae,
    load: async () => (await import("./satmae/mod.ts")).family,
  },
  satmaepp: {
    card: satmaepp,
    load: async () => (await import("./satmaepp/mod.ts")).family,
  },
  scalemae: {
    card: scalemae,
    load: async () => (await import("./scalemae/mod.ts")).family,
  },
  terrafm: {
    card: terrafm,
    load: async () => (await import("./terrafm/mod.ts")).family,
  },
  anysat: {
    card: anysat,
    load: async () => (await import("./anysat/mod.ts")).family,
  },
  dofa: {
    card: dofa,
    load: async () => (await import("./dofa/mod.ts")).family,
  },
  fomo: {
    card: fomo,
    load: async () => (await import("./fomo/mod.ts")).family,
  },
  satvision: {
    card: satvision,
    load: async () => (await import("./satvision/mod.ts")).family,
  },
  terramind: {
    card: terramind,
    load: async () => (await import("./terramind/mod.ts")).family,
  },
  olmoearth: {
    card: olmoearth,
    load: async () => (await import("./olmoearth/mod.ts")).family,
  },
  wildsat: {
    card: wildsat,
    load: async () => (await import("./wildsat/mod.ts")).family,
  },
  agrifm: {
    card: agrifm,
    load: async () => (await import("./agrifm/mod.ts")).family,
  },
  presto: {
    card: presto,
    load: async () => (await import("./presto/mod.ts")).family,
  },
  clay: {
    card: clay,
    load: async () => (await import("./clay/mod.ts")).family,
  },
  thor: {
    card: thor,
    load: async () => (await import("./thor/mod.ts")).family,
  },
  gse: {
    card: gse,
    load: async () => (await import("./gse/mod.ts")).family,
  },
  tessera: {
    card: tessera,
    load: async () => (await import("./tessera/mod.ts")).family,
  },
  copernicus: {
    card: copernicus,
    load: async () => (await import("./copernicus/mod.ts")).family,
  },
};
