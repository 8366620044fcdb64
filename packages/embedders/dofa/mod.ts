/**
 * DOFA (Xiong et al. 2024): embeddings of images of any selection of known bands, told their wavelengths.
 *
 * @example Some bands, in an order of one's own
 * ```ts
 * import { resolveModel } from "@rsembed/core";
 * import { card, family } from "@rsembed/embedders/dofa";
 * import assert from "node:assert/strict";
 *
 * const model = resolveModel(card, {
 *   name: "dofa",
 *   sensor: { collection: "COPERNICUS/S2_SR_HARMONIZED", bands: ["B8", "B4", "B11"] },
 * });
 * assert.deepEqual(family.embedder(model).graphConfig.wavelengthsUm, [0.842, 0.665, 1.61]);
 * ```
 *
 * @module
 */

import type { OutputSpec, ResolvedModel } from "@rsembed/core";
import { checkPatch } from "../_prepare/check.ts";
import { gridOf, vectorOf } from "../_readout/pool.ts";
import type { Embedder, Family } from "../embedder.ts";
import { dofaBands } from "./bands.ts";
import { card } from "./card.ts";
import { type DofaConfig, dofaConfigs } from "./config.ts";
import { dofaGraph } from "./graph.ts";
import { dofaGrid, dofaImage } from "./prepare.ts";

export { card } from "./card.ts";
export { type DofaConfig, dofaConfigs } from "./config.ts";

/** The normalised mean, whatever the pooling, or the grid. */
function outputOf({ mode }: OutputSpec): "pooled" | "grid" {
  return mode === "pooled" ? "pooled" : "grid";
}

/**
 * An embedder on an encoder of any size, published or not.
 *
 * @throws {RsembedError} `spec` for bands without statistics, or wavelengths that do not go with the bands
 */
export function dofaEmbedder(model: ResolvedModel, config: DofaConfig): Embedder {
  const { imageSizePx: sizePx } = config;
  const bands = dofaBands(model);
  const graphConfig = { ...config, wavelengthsUm: bands.map(({ wavelengthUm }) => wavelengthUm) };
  return {
    card,
    model,
    imageSizePx: sizePx,
    frames: (temporal) => [temporal],
    prepare(patch) {
      checkPatch(patch, model, { frames: [1, 1] });
      return { image: dofaImage(patch.pixels, { sizePx, bands, name: model.name }) };
    },
    graphConfig,
    graph: (shapes, checkpoint) => dofaGraph(shapes, checkpoint, graphConfig),
    outputs: (output) => [outputOf(output)],
    readout: (outputs, output) =>
      outputOf(output) === "pooled" ? vectorOf(outputs, "pooled") : gridOf(outputs, "grid"),
    inputGrid: (grid) => dofaGrid(grid, sizePx),
    meta: (_, output) => ({
      wavelengths_um: graphConfig.wavelengthsUm,
      input_channels: bands.length,
      ...(output.mode === "pooled"
        ? { pooling: "patch_mean_fc_norm" }
        : { grid_type: "vit_patch_tokens" }),
    }),
  };
}

/** The family of `dofa`. */
export const family: Family = {
  card,
  graphVersion: 1,
  embedder(model) {
    const config = dofaConfigs[model.variant];
    if (!config) {
      throw new TypeError(`Cannot make ${model.id}: there is no variant ${model.variant}`);
    }
    return dofaEmbedder(model, config);
  },
};
