/**
 * FoMo-Net (Bountos et al. 2025): embeddings of Sentinel-2 images, band by band.
 *
 * @example What one embedding is made of
 * ```ts
 * import { resolveModel } from "@rsembed/core";
 * import { card, family } from "@rsembed/embedders/fomo";
 * import assert from "node:assert/strict";
 *
 * const model = resolveModel(card, { name: "fomo", options: { normalization: "per_tile_minmax" } });
 * assert.equal(family.embedder(model).imageSizePx, 64);
 * ```
 *
 * @module
 */

import { type OutputSpec, type ResolvedModel, RsembedError } from "@rsembed/core";
import { checkPatch } from "../_prepare/check.ts";
import { optionOf } from "../_prepare/options.ts";
import { gridOf, maxOverCells } from "../_readout/pool.ts";
import { pooledOrGrid, readPooledOrGrid } from "../_readout/pooled_or_grid.ts";
import type { Embedder, Family } from "../embedder.ts";
import { card } from "./card.ts";
import { type FomoConfig, fomoConfigs } from "./config.ts";
import { fomoGraph } from "./graph.ts";
import { fomoGrid, fomoImage, type Normalization } from "./prepare.ts";

export { card } from "./card.ts";
export { type FomoConfig, fomoConfigs } from "./config.ts";

/** The rows of spectral vectors that an option names, one for each band. */
function readKeys(
  model: ResolvedModel,
  { bands, rows }: { bands: number; rows: number },
): readonly number[] {
  const text = optionOf(model, "spectral_keys", "string");
  const keys = text.split(",").map((key) => /^\s*\d+\s*$/.test(key) ? Number(key) : NaN);
  if (keys.length !== bands || !keys.every((key) => key < rows)) {
    throw new RsembedError(
      "spec",
      `Cannot use spectral_keys=${text} of ${model.name}: ${bands} whole numbers of 0 to ${
        rows - 1
      }, ` +
        "one for each band, are wanted",
      { facts: { field: "spectral_keys", value: text } },
    );
  }
  return keys;
}

/** The maximum over all tokens is that over the cells of their maxima over the bands. */
function isMaximum(output: OutputSpec): boolean {
  return output.mode === "pooled" && output.pooling === "max";
}

/**
 * An embedder on an encoder of any size, published or not.
 *
 * @throws {RsembedError} `spec` for spectral keys that do not go with the bands
 */
export function fomoEmbedder(model: ResolvedModel, config: FomoConfig): Embedder {
  const { imageSizePx: sizePx, spectralRows: rows } = config;
  const normalization = optionOf(model, "normalization", "string") as Normalization;
  const spectralKeys = readKeys(model, { bands: model.sensor.bands.length, rows });
  const graphConfig = { ...config, spectralKeys };
  return {
    card,
    model,
    imageSizePx: sizePx,
    frames: (temporal) => [temporal],
    prepare(patch) {
      checkPatch(patch, model, { frames: [1, 1] });
      return { image: fomoImage(patch.pixels, { sizePx, normalization }) };
    },
    graphConfig,
    graph: (shapes, checkpoint) => fomoGraph(shapes, checkpoint, graphConfig),
    outputs: (output) => [isMaximum(output) ? "grid_max" : pooledOrGrid(output)],
    readout: (outputs, output) =>
      isMaximum(output)
        ? maxOverCells(gridOf(outputs, "grid_max"))
        : readPooledOrGrid(outputs, output),
    inputGrid: (grid) => fomoGrid(grid, sizePx),
    meta: (_, output) => ({
      normalization,
      spectral_keys: spectralKeys,
      ...(output.mode === "pooled"
        ? { pooling: `token_${output.pooling}` }
        : { grid_kind: "spectral_mean_patch_tokens" }),
    }),
  };
}

/** The family of `fomo`. */
export const family: Family = {
  card,
  graphVersion: 1,
  embedder(model) {
    const config = fomoConfigs[model.variant];
    if (!config) {
      throw new TypeError(`Cannot make ${model.id}: there is no variant ${model.variant}`);
    }
    return fomoEmbedder(model, config);
  },
};
