/**
 * Scale-MAE (Reed et al. 2023): embeddings of RGB images at a known ground resolution.
 *
 * @example What one embedding is made of
 * ```ts
 * import { resolveModel } from "@rsembed/core";
 * import { card, family } from "@rsembed/embedders/scalemae";
 * import assert from "node:assert/strict";
 *
 * const model = resolveModel(card, { name: "scalemae", options: { image_size: 448 } });
 * assert.equal(family.embedder(model).imageSizePx, 448);
 * ```
 *
 * @module
 */

import { type Grid, ndarray, resizeGrid, type ResolvedModel, RsembedError } from "@rsembed/core";
import { checkPatch } from "../_prepare/check.ts";
import { optionOf } from "../_prepare/options.ts";
import { imagenetStatistics, stretchedRgb } from "../_prepare/rgb_bytes.ts";
import { pooledOrGrid, readPooledOrGrid } from "../_readout/pooled_or_grid.ts";
import type { Embedder, Family } from "../embedder.ts";
import { card } from "./card.ts";
import { type ScalemaeConfig, scalemaeConfigs } from "./config.ts";
import { scalemaeGraph } from "./graph.ts";

export { card } from "./card.ts";
export { type ScalemaeConfig, scalemaeConfigs } from "./config.ts";

/**
 * An embedder on an encoder of any size, published or not.
 *
 * @throws {RsembedError} `spec` where patches do not fill the image
 */
export function scalemaeEmbedder(model: ResolvedModel, config: ScalemaeConfig): Embedder {
  const sizePx = optionOf(model, "image_size", "number");
  const statistics = imagenetStatistics;
  if (sizePx % config.patchSizePx !== 0) {
    throw new RsembedError(
      "spec",
      `Cannot use image_size=${sizePx} of ${model.name}: it is no multiple of the patch of ` +
        `${config.patchSizePx} px`,
      { facts: { field: "image_size", value: sizePx } },
    );
  }
  /** Ground length of a pixel of the input, metres. */
  const resolutionM = ({ height, width }: Pick<Grid, "height" | "width">) =>
    model.sensor.scaleM * Math.min(height, width) / sizePx;
  return {
    card,
    model,
    imageSizePx: sizePx,
    frames: (temporal) => [temporal],
    prepare(patch) {
      checkPatch(patch, model, { frames: [1, 1] });
      const data = Float32Array.of(resolutionM(patch.grid));
      return {
        image: stretchedRgb(patch.pixels, { sizePx, statistics }),
        input_res: ndarray("float32", { axes: ["value"], shape: [1], data }),
      };
    },
    graphConfig: { ...config },
    graph: (shapes, checkpoint) => scalemaeGraph(shapes, checkpoint, config),
    outputs: (output) => [pooledOrGrid(output)],
    readout: readPooledOrGrid,
    inputGrid: (grid) => resizeGrid(grid, { height: sizePx, width: sizePx }),
    meta: (patch, output) => ({
      used_scale_m: model.sensor.scaleM,
      input_res_m: resolutionM(patch.grid),
      norm_mean: statistics.mean,
      norm_std: statistics.std,
      ...(output.mode === "pooled"
        ? { pooling: `patch_${output.pooling}` }
        : { grid_kind: "patch_tokens" }),
    }),
  };
}

/** The family of `scalemae`. */
export const family: Family = {
  card,
  graphVersion: 1,
  embedder(model) {
    const config = scalemaeConfigs[model.variant];
    if (!config) {
      throw new TypeError(`Cannot make ${model.id}: there is no variant ${model.variant}`);
    }
    return scalemaeEmbedder(model, config);
  },
};
