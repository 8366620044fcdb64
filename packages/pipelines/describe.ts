/**
 * What models there are, and what each wants: from the cards alone, without code or weights.
 *
 * @module
 */

import { lookup, type ModelCard } from "@rsembed/core";
import { type EmbedderCatalog, embedders } from "@rsembed/embedders";
import type { JsonObject } from "./spec_json.ts";

/** Which catalog to look in. */
export interface CatalogOptions {
  /** Model families. @default those of `@rsembed/embedders` */
  readonly embedders?: EmbedderCatalog;
}

/** Options of {@linkcode listModels}. */
export interface ListModelsOptions extends CatalogOptions {
  /** Other names too. @default false */
  readonly includeAliases?: boolean;
}

/**
 * Ids of all models, sorted.
 *
 * @example
 * ```ts
 * import { listModels } from "@rsembed/pipelines";
 * import assert from "node:assert/strict";
 *
 * assert(listModels().includes("galileo"));
 * assert(listModels({ includeAliases: true }).includes("remoteclip_s2rgb"));
 * ```
 */
export function listModels(options: ListModelsOptions = {}): string[] {
  return Object.values(options.embedders ?? embedders)
    .flatMap(({ card }) => [card.id, ...(options.includeAliases ? card.aliases ?? [] : [])])
    .sort();
}

/**
 * The card of a model.
 *
 * @throws {RsembedError} `not-found` with the nearest names
 *
 * @example
 * ```ts
 * import { describeModel } from "@rsembed/pipelines";
 * import assert from "node:assert/strict";
 *
 * assert.equal(describeModel("galileo").variants["nano"]?.dim, 128);
 * ```
 */
export function describeModel(name: string, options: CatalogOptions = {}): ModelCard {
  return lookup(options.embedders ?? embedders, name, "model").card;
}

/** A card in the short form of rs-embed's manifests. */
export function describeCard(card: ModelCard): JsonObject {
  const sensor = card.modalities[card.defaultModality]!;
  return {
    type: card.type,
    backend: ["provider"],
    inputs: { collection: sensor.collection, bands: sensor.bands },
    output: card.outputs,
    temporal: { mode: card.frames === "series" ? "multi" : "range" },
    defaults: {
      scale_m: sensor.scaleM,
      cloudy_pct: sensor.cloudyPct,
      composite: sensor.composite,
      fill_value: sensor.fillValue,
      ...(card.imageSizePx === null ? {} : { image_size: card.imageSizePx }),
    },
    modalities: Object.keys(card.modalities),
    source: card.homepage,
  };
}
