/**
 * Copernicus-Embed (Wang et al. 2025): stored embeddings of cells of a quarter of a degree, of 2021.
 *
 * @example
 * ```ts
 * import { resolveModel } from "@rsembed/core";
 * import { card, family } from "@rsembed/embedders/copernicus";
 * import assert from "node:assert/strict";
 *
 * const embedder = family.embedder(resolveModel(card, { name: "copernicus" }));
 * const [frame] = embedder.frames({ start: "2021-06-01", end: "2021-09-01" });
 * assert.deepEqual(frame, { start: "2021-01-01", end: "2022-01-01" });
 * ```
 *
 * @module
 */

import type { Family } from "../embedder.ts";
import { storedFamily } from "../_stored/stored.ts";
import { card } from "./card.ts";

export { card } from "./card.ts";

/** The family of `copernicus`. */
export const family: Family = storedFamily(card);
