/**
 * Galileo (Tseng et al. 2025): embeddings of Sentinel-2 time series.
 *
 * @example What one embedding is made of
 * ```ts
 * import { resolveModel } from "@rsembed/core";
 * import { card, family } from "@rsembed/embedders/galileo";
 * import assert from "node:assert/strict";
 *
 * const model = resolveModel(card, { name: "galileo", options: { patch_size: 4 } });
 * const embedder = family.embedder(model);
 * assert.equal(embedder.frames({ start: "2022-06-01", end: "2022-09-01" }).length, 4);
 * assert.deepEqual(embedder.outputs({ mode: "pooled", pooling: "mean" }), ["pooled"]);
 * ```
 *
 * @module
 */

import { ndarray, type ResolvedModel, RsembedError } from "@rsembed/core";
import type { Embedder, Family } from "../embedder.ts";
import { checkPatch } from "../_prepare/check.ts";
import { numberOrNull, optionOf } from "../_prepare/options.ts";
import { pooledOrGrid, readPooledOrGrid } from "../_readout/pooled_or_grid.ts";
import { card } from "./card.ts";
import { type GalileoConfig, galileoConfigs } from "./config.ts";
import { framesOf, monthsOf, samplingMeta, type TemporalMode } from "./frames.ts";
import { galileoGraph } from "./graph.ts";
import { type Normalization, normalizedFrames, squaredGrid } from "./prepare.ts";

export { card } from "./card.ts";
export { type GalileoConfig, galileoConfigs } from "./config.ts";

/** Channel groups of Sentinel-2, each a token a patch and frame. */
const groupsPerPatch = 5;
/** Attention holds a square of this side for every head and place. */
const maxTokens = 16384;

/**
 * An embedder on an encoder of any size, published or not.
 *
 * @throws {RsembedError} `spec` where options do not fit together
 */
export function galileoEmbedder(model: ResolvedModel, config: GalileoConfig): Embedder {
  const sizePx = optionOf(model, "image_size", "number");
  const patchSizePx = optionOf(model, "patch_size", "number");
  const normalization = optionOf(model, "normalization", "string") as Normalization;
  const mode = optionOf(model, "temporal_mode", "string") as TemporalMode;
  const count = numberOrNull(model, "n_frames");
  const month = numberOrNull(model, "month");
  const exitNorm = optionOf(model, "add_layernorm_on_exit", "boolean");
  const refuse = (field: string, value: unknown, state: string): never => {
    throw new RsembedError("spec", `Cannot use ${field}=${value} of ${model.name}: ${state}`, {
      facts: { field, value },
    });
  };
  if (sizePx % patchSizePx !== 0) {
    refuse("image_size", sizePx, `it is no multiple of patch_size ${patchSizePx}`);
  }
  if (mode === "single" && count !== null && count !== 1) {
    refuse("n_frames", count, "temporal_mode single has one frame");
  }
  const { maxSequenceLength, maxPatchSize } = config;
  if (patchSizePx > maxPatchSize) refuse("patch_size", patchSizePx, `at most ${maxPatchSize}`);
  if (count !== null && count > maxSequenceLength) {
    refuse("n_frames", count, `at most ${maxSequenceLength}`);
  }
  const fixed = mode === "single" ? 1 : count;

  return {
    card,
    model,
    imageSizePx: sizePx,
    frames: (temporal) => framesOf(temporal, { mode, count }),
    fillsEmptyFrames: true,
    prepare(patch) {
      checkPatch(patch, model, {
        frames: fixed === null ? [1, maxSequenceLength] : [fixed, fixed],
      });
      const [frames] = patch.pixels.shape;
      const tokens = (sizePx / patchSizePx) ** 2 * frames * groupsPerPatch;
      if (tokens > maxTokens) {
        throw new RsembedError(
          "limit",
          `Cannot run ${model.name} on ${tokens} tokens: at most ${maxTokens}, take fewer frames, a ` +
            "smaller image_size or a larger patch_size",
          { facts: { limit: "tokens", max: maxTokens, actual: tokens } },
        );
      }
      const months = BigInt64Array.from(monthsOf(patch.times, month), BigInt);
      return {
        s2: normalizedFrames(patch.pixels, { sizePx, normalization }),
        months: ndarray("int64", { axes: ["t"], shape: [frames], data: months }),
      };
    },
    graphConfig: { ...config, patchSizePx, exitNorm },
    graph: (shapes, checkpoint) =>
      galileoGraph(shapes, checkpoint, { ...config, patchSizePx, exitNorm }),
    outputs: (output) => [pooledOrGrid(output)],
    readout: readPooledOrGrid,
    inputGrid: (grid) => squaredGrid(grid, sizePx),
    meta: ({ times }) => ({
      patch_size: patchSizePx,
      n_frames: times.length,
      months: monthsOf(times, month).map((index) => index + 1),
      normalization,
      ...samplingMeta(times, count),
    }),
  };
}

/** The family of `galileo`. */
export const family: Family = {
  card,
  graphVersion: 1,
  embedder(model) {
    const config = galileoConfigs[model.variant];
    if (!config) {
      throw new TypeError(`Cannot make ${model.id}: there is no variant ${model.variant}`);
    }
    return galileoEmbedder(model, config);
  },
};
