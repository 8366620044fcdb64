/**
 * SatVision-TOA (Spradlin et al. 2024): embeddings of MODIS images.
 *
 * @example What one embedding is made of
 * ```ts
 * import { resolveModel } from "@rsembed/core";
 * import { card, family } from "@rsembed/embedders/satvision";
 * import assert from "node:assert/strict";
 *
 * const model = resolveModel(card, { name: "satvision", modality: "toa" });
 * assert.equal(model.sensor.bands.length, 14);
 * assert.equal(family.embedder(model).imageSizePx, 128);
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
import { type SatvisionConfig, satvisionConfigs } from "./config.ts";
import { satvisionGraph } from "./graph.ts";
import { assembleProxy, type Normalization, scaledToa, stretchedImage } from "./prepare.ts";

export { card } from "./card.ts";
export { type SatvisionConfig, satvisionConfigs, type StageConfig } from "./config.ts";

/** The normalised mean, whatever the pooling, or the grid. */
function outputOf({ mode }: OutputSpec): "pooled" | "grid" {
  return mode === "pooled" ? "pooled" : "grid";
}

/**
 * An embedder on an encoder of any size, published or not.
 *
 * @throws {RsembedError} `spec` for options of `toa` with the proxy, whose scales are known
 */
export function satvisionEmbedder(model: ResolvedModel, config: SatvisionConfig): Embedder {
  const { imageSizePx: sizePx } = config;
  const normalization = optionOf(model, "normalization", "string") as Normalization;
  const divisor = optionOf(model, "reflectance_divisor", "number");
  const isProxy = model.modality === "proxy";
  for (const key of ["normalization", "reflectance_divisor"]) {
    if (isProxy && model.options[key] !== card.options[key]!.default) {
      throw new RsembedError(
        "spec",
        `Cannot use ${key}=${model.options[key]} of ${model.name}: it is for modality toa`,
        { facts: { field: key, value: model.options[key] } },
      );
    }
  }
  return {
    card,
    model,
    imageSizePx: sizePx,
    frames: (temporal) => [temporal],
    prepare({ pixels, ...patch }) {
      checkPatch({ pixels, ...patch }, model, { frames: [1, 1] });
      const scaled = isProxy
        ? assembleProxy(pixels.data)
        : scaledToa(pixels.data, { normalization, divisor });
      return { image: stretchedImage(scaled, { pixels, sizePx }) };
    },
    graphConfig: { ...config },
    graph: (shapes, checkpoint) => satvisionGraph(shapes, checkpoint, config),
    outputs: (output) => [outputOf(output)],
    readout: (outputs, output) =>
      outputOf(output) === "pooled" ? vectorOf(outputs, "pooled") : gridOf(outputs, "grid"),
    inputGrid: (grid) => resizeGrid(grid, { height: sizePx, width: sizePx }),
    meta: (_, output) => ({
      norm_mode: isProxy ? "unit" : normalization,
      official_preprocess_alignment: isProxy ? "proxy_reflectance_lst" : "toa",
      ...(output.mode === "pooled"
        ? { pooling: "model_pooled" }
        : { grid_kind: "last_stage_feature_map" }),
    }),
  };
}

/** The family of `satvision`. */
export const family: Family = {
  card,
  graphVersion: 1,
  embedder(model) {
    const config = satvisionConfigs[model.variant];
    if (!config) {
      throw new TypeError(`Cannot make ${model.id}: there is no variant ${model.variant}`);
    }
    return satvisionEmbedder(model, config);
  },
};
