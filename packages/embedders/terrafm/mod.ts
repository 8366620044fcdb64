/**
 * TerraFM (Danish et al. 2025): embeddings of Sentinel-2 or Sentinel-1 images.
 *
 * @example What one embedding is made of
 * ```ts
 * import { resolveModel } from "@rsembed/core";
 * import { card, family } from "@rsembed/embedders/terrafm";
 * import assert from "node:assert/strict";
 *
 * const model = resolveModel(card, { name: "terrafm", modality: "s1" });
 * assert.deepEqual(model.sensor.bands, ["VV", "VH"]);
 * assert.equal(family.embedder(model).imageSizePx, 224);
 * ```
 *
 * @module
 */

import { type OutputSpec, resizeGrid, type ResolvedModel, RsembedError } from "@rsembed/core";
import { checkPatch } from "../_prepare/check.ts";
import { optionOf } from "../_prepare/options.ts";
import { gridOf, vectorOf } from "../_readout/pool.ts";
import type { Embedder, Family } from "../embedder.ts";
import { card } from "./card.ts";
import { type TerrafmConfig, terrafmConfigs } from "./config.ts";
import { terrafmGraph, type TerrafmInput } from "./graph.ts";
import { terrafmImage } from "./prepare.ts";

export { card } from "./card.ts";
export { type TerrafmConfig, terrafmConfigs } from "./config.ts";

/** The class token, whatever the pooling, or the grid. */
function outputOf({ mode }: OutputSpec): "pooled" | "grid" {
  return mode === "pooled" ? "pooled" : "grid";
}

/**
 * An embedder on an encoder of any size, published or not.
 *
 * @throws {RsembedError} `spec` for an option of the other sensor
 */
export function terrafmEmbedder(model: ResolvedModel, config: TerrafmConfig): Embedder {
  const { imageSizePx: sizePx } = config;
  const { modality, name } = model;
  const product = optionOf(model, "product", "string");
  if (modality === "s1" && product !== card.options.product!.default) {
    throw new RsembedError(
      "spec",
      `Cannot use product=${product} of ${name}: Sentinel-1 has one patch embedding`,
      { facts: { field: "product", value: product } },
    );
  }
  const kind = (modality === "s1" ? "s1" : `s2_${product}`) as TerrafmInput;
  return {
    card,
    model,
    imageSizePx: sizePx,
    frames: (temporal) => [temporal],
    prepare(patch) {
      checkPatch(patch, model, { frames: [1, 1] });
      return { image: terrafmImage(patch.pixels, { sizePx, modality, name }) };
    },
    graphConfig: { ...config, kind },
    graph: (shapes, checkpoint) => terrafmGraph(shapes, checkpoint, { ...config, kind }),
    outputs: (output) => [outputOf(output)],
    readout: (outputs, output) =>
      outputOf(output) === "pooled" ? vectorOf(outputs, "pooled") : gridOf(outputs, "grid"),
    inputGrid: (grid) => resizeGrid(grid, { height: sizePx, width: sizePx }),
    meta: (_, output) => ({
      modality,
      patch_embedding: kind,
      ...(modality === "s1" ? { use_float_linear: model.sensor.useFloatLinear } : {}),
      ...(output.mode === "pooled" ? { pooling: "cls" } : { grid_type: "feature_map" }),
    }),
  };
}

/** The family of `terrafm`. */
export const family: Family = {
  card,
  graphVersion: 1,
  embedder(model) {
    const config = terrafmConfigs[model.variant];
    if (!config) {
      throw new TypeError(`Cannot make ${model.id}: there is no variant ${model.variant}`);
    }
    return terrafmEmbedder(model, config);
  },
};
