/**
 * MOSAIKS (Rolf et al. 2021): random convolutional features, without weights, of any bands at any size.
 *
 * @example What one embedding is made of
 * ```ts
 * import { resolveModel } from "@rsembed/core";
 * import { card, family } from "@rsembed/embedders/mosaiks";
 * import assert from "node:assert/strict";
 *
 * const model = resolveModel(card, { name: "mosaiks", options: { features: 64, seed: 7 } });
 * const embedder = family.embedder(model);
 * const graph = embedder.graph({ image: [4, 32, 48] }, null);
 * const pooled = graph.outputs.find(({ name }) => name === "pooled");
 * assert.equal(pooled?.shape[1], 64);
 * ```
 *
 * @module
 */

import { type ResolvedModel, RsembedError } from "@rsembed/core";
import type { Embedder, Family } from "../embedder.ts";
import { checkPatch } from "../_prepare/check.ts";
import { optionOf } from "../_prepare/options.ts";
import { pooledOrGrid, readPooledOrGrid } from "../_readout/pooled_or_grid.ts";
import { card } from "./card.ts";
import { mosaiksGraph } from "./graph.ts";
import { type Normalization, normalizedBands } from "./prepare.ts";

export { card } from "./card.ts";

function mosaiksEmbedder(model: ResolvedModel): Embedder {
  const config = {
    features: optionOf(model, "features", "number"),
    kernelSizePx: optionOf(model, "kernel_size", "number"),
    bias: optionOf(model, "bias", "number"),
    seed: optionOf(model, "seed", "number"),
    cellSizePx: optionOf(model, "cell_px", "number"),
  };
  const normalization = optionOf(model, "normalization", "string") as Normalization;
  if (config.features % 2 !== 0) {
    throw new RsembedError(
      "spec",
      `Cannot use features=${config.features} of ${model.name}: each filter gives two, an even number ` +
        "is wanted",
      { facts: { field: "features", value: config.features } },
    );
  }
  return {
    card,
    model,
    imageSizePx: null,
    frames: (temporal) => [temporal],
    prepare(patch) {
      checkPatch(patch, model, { frames: [1, 1], minSidePx: config.kernelSizePx });
      return { image: normalizedBands(patch.pixels, normalization) };
    },
    graphConfig: config,
    graph: (shapes) => mosaiksGraph(shapes, config),
    outputs: (output) => [pooledOrGrid(output)],
    readout: readPooledOrGrid,
    inputGrid: (grid) => grid,
    meta: () => ({
      features: config.features,
      kernel_size: config.kernelSizePx,
      bias: config.bias,
      seed: config.seed,
      cell_px: config.cellSizePx,
      normalization,
    }),
  };
}

/** The family of `mosaiks`. */
export const family: Family = { card, graphVersion: 2, embedder: mosaiksEmbedder };
