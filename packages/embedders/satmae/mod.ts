/**
 * SatMAE (Cong et al. 2022): embeddings of RGB images.
 *
 * @example What one embedding is made of
 * ```ts
 * import { resolveModel } from "@rsembed/core";
 * import { card, family } from "@rsembed/embedders/satmae";
 * import assert from "node:assert/strict";
 *
 * const embedder = family.embedder(resolveModel(card, { name: "satmae" }));
 * assert.equal(embedder.imageSizePx, 224);
 * assert.deepEqual(embedder.outputs({ mode: "pooled", pooling: "mean" }), ["pooled"]);
 * ```
 *
 * @module
 */

import { resizeGrid, type ResolvedModel } from "@rsembed/core";
import { checkPatch } from "../_prepare/check.ts";
import { stretchedRgb } from "../_prepare/rgb_bytes.ts";
import { pooledOrGrid, readPooledOrGrid } from "../_readout/pooled_or_grid.ts";
import type { Embedder, Family } from "../embedder.ts";
import { card } from "./card.ts";
import { type SatmaeConfig, satmaeConfigs } from "./config.ts";
import { satmaeGraph } from "./graph.ts";

export type { MaeConfig } from "../_graph/mae_encoder.ts";
export type { ChannelStatistics } from "../_prepare/rgb_bytes.ts";
export { card } from "./card.ts";
export { type SatmaeConfig, satmaeConfigs } from "./config.ts";

/** An embedder on an encoder of any size, published or not. */
export function satmaeEmbedder(model: ResolvedModel, config: SatmaeConfig): Embedder {
  const { imageSizePx: sizePx, statistics, ...sizes } = config;
  return {
    card,
    model,
    imageSizePx: sizePx,
    frames: (temporal) => [temporal],
    prepare(patch) {
      checkPatch(patch, model, { frames: [1, 1] });
      return { image: stretchedRgb(patch.pixels, { sizePx, statistics }) };
    },
    graphConfig: { ...sizes, imageSizePx: sizePx },
    graph: (shapes, checkpoint) => satmaeGraph(shapes, checkpoint, config),
    outputs: (output) => [pooledOrGrid(output)],
    readout: readPooledOrGrid,
    inputGrid: (grid) => resizeGrid(grid, { height: sizePx, width: sizePx }),
    meta: (_, output) => ({
      norm_mean: statistics.mean,
      norm_std: statistics.std,
      ...(output.mode === "pooled"
        ? { pooling: `patch_${output.pooling}` }
        : { grid_kind: "patch_tokens" }),
    }),
  };
}

/** The family of `satmae`. */
export const family: Family = {
  card,
  graphVersion: 1,
  embedder(model) {
    const config = satmaeConfigs[model.variant];
    if (!config) {
      throw new TypeError(`Cannot make ${model.id}: there is no variant ${model.variant}`);
    }
    return satmaeEmbedder(model, config);
  },
};
