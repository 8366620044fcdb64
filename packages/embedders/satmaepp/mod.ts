/**
 * SatMAE++ (Noman et al. 2024): embeddings of RGB images, or of ten bands of Sentinel-2.
 *
 * @example The variant goes with the modality
 * ```ts
 * import { resolveModel } from "@rsembed/core";
 * import { card, family } from "@rsembed/embedders/satmaepp";
 * import assert from "node:assert/strict";
 *
 * const model = resolveModel(card, { name: "satmaepp", modality: "s2_10b" });
 * assert.equal(model.variant, "s2_10b");
 * assert.equal(family.embedder(model).imageSizePx, 96);
 * ```
 *
 * @module
 */

import { type Pooling, resizeGrid, type ResolvedModel, RsembedError } from "@rsembed/core";
import { checkPatch } from "../_prepare/check.ts";
import { optionOf } from "../_prepare/options.ts";
import type { Embedder, Family } from "../embedder.ts";
import { card } from "./card.ts";
import { type SatmaeppConfig, satmaeppConfigs } from "./config.ts";
import { groups, satmaeppGraph } from "./graph.ts";
import { type ChannelOrder, fmowStatistics, rgbImage, sentinelImage } from "./prepare.ts";
import { readSatmaepp, satmaeppOutput } from "./readout.ts";

export type { MaeConfig } from "../_graph/mae_encoder.ts";
export { card } from "./card.ts";
export {
  type GroupConfig,
  type RgbConfig,
  type SatmaeppConfig,
  satmaeppConfigs,
} from "./config.ts";

/**
 * An embedder on an encoder of any size, published or not.
 *
 * @throws {RsembedError} `spec` for an option of the other variant
 */
export function satmaeppEmbedder(model: ResolvedModel, config: SatmaeppConfig): Embedder {
  const { imageSizePx: sizePx, kind } = config;
  const order = optionOf(model, "channel_order", "string") as ChannelOrder;
  const groupReduce = optionOf(model, "group_reduce", "string") as Pooling;
  const foreign = kind === "rgb" ? "group_reduce" : "channel_order";
  if (model.options[foreign] !== card.options[foreign]!.default) {
    throw new RsembedError(
      "spec",
      `Cannot use ${foreign}=${
        model.options[foreign]
      } of ${model.name}: variant ${model.variant} has no ` +
        (kind === "rgb" ? "groups of bands" : "order of colours"),
      { facts: { field: foreign, value: model.options[foreign] } },
    );
  }
  const reduce = kind === "rgb" ? null : groupReduce;
  return {
    card,
    model,
    imageSizePx: sizePx,
    frames: (temporal) => [temporal],
    prepare(patch) {
      checkPatch(patch, model, { frames: [1, 1] });
      return {
        image: kind === "rgb"
          ? rgbImage(patch.pixels, { sizePx, order })
          : sentinelImage(patch.pixels, sizePx),
      };
    },
    graphConfig: { ...config },
    graph: (shapes, checkpoint) => satmaeppGraph(shapes, checkpoint, config),
    outputs: (output) => [satmaeppOutput(output, reduce)],
    readout: (outputs, output) => readSatmaepp(outputs, output, reduce),
    inputGrid: (grid) => resizeGrid(grid, { height: sizePx, width: sizePx }),
    meta(_, output) {
      const pooled = output.mode === "pooled";
      if (kind === "rgb") {
        return {
          channel_order: order,
          norm_mean: fmowStatistics.mean,
          norm_std: fmowStatistics.std,
          ...(pooled ? { pooling: `patch_${output.pooling}` } : { grid_kind: "patch_tokens" }),
        };
      }
      return {
        normalization: "sentinel_normalize_source",
        group_count: groups.length,
        channel_groups: groups,
        ...(pooled ? { pooling: `group_tokens_${output.pooling}` } : {
          grid_kind: "spatial_tokens_aggregated_over_channel_groups",
          group_reduce: groupReduce,
        }),
      };
    },
  };
}

/** The family of `satmaepp`. */
export const family: Family = {
  card,
  graphVersion: 1,
  embedder(model) {
    const config = satmaeppConfigs[model.variant];
    if (!config) {
      throw new TypeError(`Cannot make ${model.id}: there is no variant ${model.variant}`);
    }
    return satmaeppEmbedder(model, config);
  },
};
