/**
 * AgriFM (Li et al. 2026): embeddings of Sentinel-2 time series.
 *
 * @example What one embedding is made of
 * ```ts
 * import { resolveModel } from "@rsembed/core";
 * import { card, family } from "@rsembed/embedders/agrifm";
 * import assert from "node:assert/strict";
 *
 * const embedder = family.embedder(resolveModel(card, { name: "agrifm" }));
 * assert.equal(embedder.frames({ start: "2022-01-01", end: "2023-01-01" }).length, 8);
 * ```
 *
 * @module
 */

import { planesOf, type ResolvedModel } from "@rsembed/core";
import { checkPatch } from "../_prepare/check.ts";
import { distinctFrames } from "../_prepare/distinct_frames.ts";
import { equalFrames } from "../_prepare/equal_frames.ts";
import { optionOf } from "../_prepare/options.ts";
import { pooledOrGrid, readPooledOrGrid } from "../_readout/pooled_or_grid.ts";
import type { Embedder, Family } from "../embedder.ts";
import { card } from "./card.ts";
import { type AgrifmConfig, agrifmConfigs } from "./config.ts";
import { agrifmGraph } from "./graph.ts";
import { agrifmGrid, agrifmSeries, type Normalization } from "./prepare.ts";

export { card } from "./card.ts";
export { type AgrifmConfig, agrifmConfigs } from "./config.ts";

/** An embedder on an encoder of any size, published or not. */
export function agrifmEmbedder(model: ResolvedModel, config: AgrifmConfig): Embedder {
  const normalization = optionOf(model, "normalization", "string") as Normalization;
  const frames = optionOf(model, "n_frames", "number");
  const sizePx = optionOf(model, "image_size", "number");
  return {
    card,
    model,
    imageSizePx: sizePx,
    frames: (temporal) => equalFrames(temporal, frames),
    fillsEmptyFrames: true,
    prepare(patch) {
      const single = patch.times.length === 1;
      checkPatch(patch, model, { frames: single ? [1, 1] : [frames, frames] });
      return { image: agrifmSeries(patch.pixels, { sizePx, normalization, frames }) };
    },
    graphConfig: { ...config },
    graph: (shapes, checkpoint) => agrifmGraph(shapes, checkpoint, config),
    outputs: (output) => [pooledOrGrid(output)],
    readout: readPooledOrGrid,
    inputGrid: (grid) => agrifmGrid(grid, sizePx),
    meta({ pixels, times }, output) {
      const given = times.length;
      return {
        norm_mode: normalization,
        n_frames: frames,
        n_distinct_frames: distinctFrames(planesOf(pixels), given).length,
        input_mode: given === frames ? "provider_multiframe" : "chw_repeated_to_t",
        input_hw: [sizePx, sizePx],
        ...(output.mode === "pooled"
          ? { pooling: `spatial_${output.pooling}` }
          : { grid_kind: "encoder_features" }),
      };
    },
  };
}

/** The family of `agrifm`. */
export const family: Family = {
  card,
  graphVersion: 1,
  embedder(model) {
    const config = agrifmConfigs[model.variant];
    if (!config) {
      throw new TypeError(`Cannot make ${model.id}: there is no variant ${model.variant}`);
    }
    return agrifmEmbedder(model, config);
  },
};
