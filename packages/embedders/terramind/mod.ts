/**
 * TerraMind (Jakubik et al. 2025): embeddings of Sentinel-2, Sentinel-1 or elevation.
 *
 * @example What one embedding is made of
 * ```ts
 * import { resolveModel } from "@rsembed/core";
 * import { card, family } from "@rsembed/embedders/terramind";
 * import assert from "node:assert/strict";
 *
 * const model = resolveModel(card, { name: "terramind", variant: "base", modality: "S1GRD" });
 * assert.deepEqual(model.sensor.bands, ["VV", "VH"]);
 * assert.equal(family.embedder(model).imageSizePx, 224);
 * ```
 *
 * @module
 */

import { resizeGrid, type ResolvedModel, RsembedError } from "@rsembed/core";
import { checkPatch } from "../_prepare/check.ts";
import { optionOf } from "../_prepare/options.ts";
import { pooledOrGrid, readPooledOrGrid } from "../_readout/pooled_or_grid.ts";
import type { Embedder, Family } from "../embedder.ts";
import { card } from "./card.ts";
import { type TerramindConfig, terramindConfigs } from "./config.ts";
import { terramindGraph } from "./graph.ts";
import { terramindImage } from "./prepare.ts";

export { card } from "./card.ts";
export { type TerramindConfig, terramindConfigs } from "./config.ts";

/**
 * An embedder on an encoder of any size, published or not.
 *
 * @throws {RsembedError} `spec` for a block that the encoder does not have
 */
export function terramindEmbedder(model: ResolvedModel, config: TerramindConfig): Embedder {
  const { imageSizePx: sizePx, depth, release } = config;
  const { modality } = model;
  const normalization = optionOf(model, "normalization", "string") as "zscore" | "none";
  const index = optionOf(model, "layer_index", "number");
  if (index < -depth || index >= depth) {
    throw new RsembedError(
      "spec",
      `Cannot use layer_index=${index} of ${model.name}: it has ${depth} blocks`,
      { facts: { field: "layer_index", value: index } },
    );
  }
  const graphConfig = { ...config, modality, layerIndex: index < 0 ? index : index - depth };
  return {
    card,
    model,
    imageSizePx: sizePx,
    frames: (temporal) => [temporal],
    prepare(patch) {
      checkPatch(patch, model, { frames: [1, 1] });
      const options = { sizePx, modality, release, normalization };
      return { image: terramindImage(patch.pixels, options) };
    },
    graphConfig,
    graph: (shapes, checkpoint) => terramindGraph(shapes, checkpoint, graphConfig),
    outputs: (output) => [pooledOrGrid(output)],
    readout: readPooledOrGrid,
    inputGrid: (grid) => resizeGrid(grid, { height: sizePx, width: sizePx }),
    meta: (_, output) => ({
      normalization,
      layer_index: graphConfig.layerIndex,
      cls_removed: false,
      ...(output.mode === "pooled"
        ? { pooling: output.pooling }
        : { grid_type: "vit_patch_tokens" }),
    }),
  };
}

/** The family of `terramind`. */
export const family: Family = {
  card,
  graphVersion: 1,
  embedder(model) {
    const config = terramindConfigs[model.variant];
    if (!config) {
      throw new TypeError(`Cannot make ${model.id}: there is no variant ${model.variant}`);
    }
    return terramindEmbedder(model, config);
  },
};
