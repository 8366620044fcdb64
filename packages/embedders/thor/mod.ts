/**
 * THOR (Norwegian Computing Center 2026): embeddings of Sentinel-2 or Sentinel-1 images in patches of any size.
 *
 * @example Finer patches, and more of them
 * ```ts
 * import { resolveModel } from "@rsembed/core";
 * import { card, family } from "@rsembed/embedders/thor";
 * import assert from "node:assert/strict";
 *
 * const model = resolveModel(card, { name: "thor", modality: "s1", options: { patch_size: 4 } });
 * assert.equal(family.embedder(model).graphConfig.patchPx, 4);
 * ```
 *
 * @module
 */

import { type Patch, type ResolvedModel, RsembedError } from "@rsembed/core";
import { checkPatch } from "../_prepare/check.ts";
import { optionOf } from "../_prepare/options.ts";
import { gridOf, vectorOf } from "../_readout/pool.ts";
import type { Embedder, Family } from "../embedder.ts";
import { card } from "./card.ts";
import { bandGroups, type Modality, type ThorConfig, thorConfigs } from "./config.ts";
import { geometryMeta, geometryOf, type GeometryOptions, sidesOf } from "./geometry.ts";
import { thorGraph } from "./graph.ts";
import { type Normalization, thorGrid, thorImage } from "./prepare.ts";

export { card } from "./card.ts";
export { type ThorConfig, thorConfigs } from "./config.ts";

function geometryOptions(model: ResolvedModel): GeometryOptions {
  return {
    modality: model.modality as Modality,
    scaleM: model.sensor.scaleM,
    patchPx: optionOf(model, "patch_size", "number"),
    imageSizePx: optionOf(model, "image_size", "number"),
    resizeMode: optionOf(model, "resize_mode", "string") as GeometryOptions["resizeMode"],
    shapeAdjust: optionOf(model, "shape_adjust", "string") as GeometryOptions["shapeAdjust"],
    tolerancePx: optionOf(model, "shape_tol_px", "number"),
    maxSidePx: optionOf(model, "max_native_side", "number"),
    maxTokens: optionOf(model, "max_native_tokens", "number"),
  };
}

/**
 * An embedder on an encoder of any size, published or not.
 *
 * @throws {RsembedError} `spec` where options do not fit together
 */
export function thorEmbedder(model: ResolvedModel, config: ThorConfig): Embedder {
  const options = geometryOptions(model);
  const { modality, patchPx, scaleM, imageSizePx } = options;
  const normalization = optionOf(model, "normalization", "string") as Normalization;
  const groupMerge = optionOf(model, "group_merge", "string");
  if (modality === "s1" && normalization === "unit_scale") {
    throw new RsembedError(
      "spec",
      `Cannot use normalization=${normalization} of ${model.name}: backscatter has no unit scale`,
      { facts: { field: "normalization", value: normalization } },
    );
  }
  const graphConfig = { ...config, modality, patchPx, scaleM };
  const outputOf: Embedder["outputs"] = (output) => [
    output.mode === "grid"
      ? `grid_${groupMerge}`
      : output.pooling === "max"
      ? "pooled_max"
      : "pooled",
  ];
  const groups = bandGroups[modality];
  const geometryOfPatch = ({ grid }: Patch) => geometryOf(grid, options);
  return {
    card,
    model,
    imageSizePx: null,
    tileSizePx: imageSizePx,
    frames: (temporal) => [temporal],
    prepare(patch) {
      checkPatch(patch, model, { frames: [1, 1] });
      const { fillValue } = model.sensor;
      const geometry = geometryOfPatch(patch);
      const { name } = model;
      return {
        image: thorImage(patch.pixels, { modality, normalization, geometry, fillValue, name }),
      };
    },
    graphConfig,
    graph: (shapes, checkpoint) => thorGraph(shapes, checkpoint, graphConfig),
    outputs: outputOf,
    readout: (outputs, output) => {
      const [name = ""] = outputOf(output);
      return output.mode === "grid" ? gridOf(outputs, name) : vectorOf(outputs, name);
    },
    inputGrid: (grid) => thorGrid(grid, geometryOf(grid, options)),
    meta(patch, output) {
      const geometry = geometryOfPatch(patch);
      return {
        variant: model.variant,
        modality,
        normalization,
        ...geometryMeta(patch.grid, { geometry, options }),
        tokens_shape: [geometry.tokens, config.width],
        groups_used: groups.map(({ name }) => name),
        group_patch_sizes: sidesOf(geometry.sidePx, options),
        ...(modality === "s1" ? { use_float_linear: model.sensor.useFloatLinear } : {}),
        ...(output.mode === "pooled"
          ? { pooling: output.pooling }
          : { group_merge: groupMerge, grid_kind: "thor_group_grid" }),
      };
    },
  };
}

/** The family of `thor`. */
export const family: Family = {
  card,
  graphVersion: 1,
  embedder(model) {
    const config = thorConfigs[model.variant];
    if (!config) {
      throw new TypeError(`Cannot make ${model.id}: there is no variant ${model.variant}`);
    }
    return thorEmbedder(model, config);
  },
};
