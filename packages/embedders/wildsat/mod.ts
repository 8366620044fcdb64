/**
 * WildSAT (Daroya et al. 2025): embeddings of RGB images by networks that learned from wildlife.
 *
 * @example What one embedding is made of
 * ```ts
 * import { resolveModel } from "@rsembed/core";
 * import { card, family } from "@rsembed/embedders/wildsat";
 * import assert from "node:assert/strict";
 *
 * const model = resolveModel(card, { name: "wildsat", variant: "swint" });
 * assert.deepEqual(family.embedder(model).outputs({ mode: "pooled", pooling: "mean" }), ["pooled"]);
 * ```
 *
 * @module
 */

import { resizeGrid, type ResolvedModel, RsembedError } from "@rsembed/core";
import { checkPatch } from "../_prepare/check.ts";
import { optionOf } from "../_prepare/options.ts";
import type { Embedder, Family } from "../embedder.ts";
import { card } from "./card.ts";
import { type WildsatConfig, wildsatConfigs } from "./config.ts";
import { wildsatGraph } from "./graph.ts";
import { type Normalization, wildsatImage } from "./prepare.ts";
import { checkFeature, type Feature, readWildsat, wildsatOutput } from "./readout.ts";

export { card } from "./card.ts";
export {
  type ResnetConfig,
  type SwinConfig,
  type VitConfig,
  type WildsatConfig,
  wildsatConfigs,
} from "./config.ts";

/**
 * An embedder on a network of any size, published or not.
 *
 * @throws {RsembedError} `spec` where options do not go with the network
 */
export function wildsatEmbedder(model: ResolvedModel, config: WildsatConfig): Embedder {
  const normalization = optionOf(model, "normalization", "string") as Normalization;
  const branch = optionOf(model, "image_branch", "number");
  const asked = optionOf(model, "image_size", "number");
  const hasTokens = config.arch === "vit";
  const readout = { feature: optionOf(model, "feature", "string") as Feature, hasTokens };
  checkFeature(model.name, readout);
  const sizePx = config.arch === "vit" ? config.imageSizePx : asked;
  if (config.arch === "vit" && asked !== sizePx && asked !== card.options.image_size!.default) {
    throw new RsembedError(
      "spec",
      `Cannot use image_size=${asked} of ${model.name}: its positions are for ${sizePx} px`,
      { facts: { field: "image_size", value: asked } },
    );
  }
  const graphConfig = { ...config, branch };
  return {
    card,
    model,
    imageSizePx: sizePx,
    frames: (temporal) => [temporal],
    prepare(patch) {
      checkPatch(patch, model, { frames: [1, 1] });
      return { image: wildsatImage(patch.pixels, { sizePx, normalization }) };
    },
    graphConfig,
    graph: (shapes, checkpoint) => wildsatGraph(shapes, checkpoint, graphConfig),
    outputs: (output) => [wildsatOutput(output, readout)],
    readout: (outputs, output) => readWildsat(outputs, output, readout),
    inputGrid: (grid) => resizeGrid(grid, { height: sizePx, width: sizePx }),
    meta: (_, output) => ({
      arch: model.variant,
      normalization,
      feature_source: readout.feature,
      ...(output.mode === "pooled"
        ? { pooling: readout.feature === "tokens" ? `patch_${output.pooling}` : "identity" }
        : { grid_kind: hasTokens ? "vit_patch_tokens" : "vector_as_1x1" }),
    }),
  };
}

/** The family of `wildsat`. */
export const family: Family = {
  card,
  graphVersion: 1,
  embedder(model) {
    const config = wildsatConfigs[model.variant];
    if (!config) {
      throw new TypeError(`Cannot make ${model.id}: there is no variant ${model.variant}`);
    }
    return wildsatEmbedder(model, config);
  },
};
