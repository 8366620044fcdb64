/**
 * Presto (Tseng et al. 2023): embeddings of the time series of every pixel.
 *
 * @example What one embedding is made of
 * ```ts
 * import { resolveModel } from "@rsembed/core";
 * import { card, family } from "@rsembed/embedders/presto";
 * import assert from "node:assert/strict";
 *
 * const embedder = family.embedder(resolveModel(card, { name: "presto" }));
 * assert.equal(embedder.frames({ start: "2022-01-01", end: "2023-01-01" }).length, 12);
 * ```
 *
 * @module
 */

import {
  ndarray,
  type OutputSpec,
  type Patch,
  type ResolvedModel,
  RsembedError,
} from "@rsembed/core";
import { checkPatch } from "../_prepare/check.ts";
import { numberOrNull, optionOf } from "../_prepare/options.ts";
import { gridOf, maxOverCells, vectorOf } from "../_readout/pool.ts";
import type { Embedder, Family, Tensor } from "../embedder.ts";
import { groups, inputsOf } from "./bands.ts";
import { card } from "./card.ts";
import { type PrestoConfig, prestoConfigs } from "./config.ts";
import { framesOf, type MonthOf, monthsOf } from "./frames.ts";
import { prestoGraph } from "./graph.ts";
import { coverClasses, groupTensors, pixelPlaces, slotSeries } from "./prepare.ts";

export { card } from "./card.ts";
export { type PrestoConfig, prestoConfigs } from "./config.ts";

/** Side of the tiles that larger patches are cut into, px. */
const tileSizePx = 16;

/** Most tokens of all pixels of a patch: the widest layer keeps 2 KiB for each. */
const maxTokens = 2 ** 19;

/**
 * An embedder on an encoder of any size, published or not.
 *
 * @throws {RsembedError} `spec` for bands that it does not know, or that make no group
 */
export function prestoEmbedder(model: ResolvedModel, config: PrestoConfig): Embedder {
  const inputs = inputsOf(model);
  const count = numberOrNull(model, "n_frames");
  const most = optionOf(model, "max_frames", "number");
  const month = numberOrNull(model, "month");
  const monthOf = optionOf(model, "month_of", "string") as MonthOf;
  const useLocation = optionOf(model, "use_location", "boolean");
  const mean = optionOf(model, "pooled_over", "string") === "valid" ? "pooled_valid" : "pooled";
  const isLinear = model.sensor.useFloatLinear;
  const landCover = inputs.landCover >= 0;
  const graphConfig = { ...config, groups: inputs.groups, landCover, useLocation };
  const outputOf = (output: OutputSpec) =>
    output.mode === "pooled" && output.pooling === "mean" ? mean : "grid";

  const checkTokens = ({ pixels }: Patch) => {
    const [frames, , height, width] = pixels.shape;
    const own = inputs.groups.reduce((sum, i) => sum + (groups[i]!.isStatic ? 1 : frames), 0);
    const tokens = height * width * (own + (landCover ? frames : 0) + 1);
    if (tokens > maxTokens) {
      throw new RsembedError(
        "limit",
        `Cannot run ${model.name} on ${height} x ${width} px at once: they make ${tokens} tokens, at most ` +
          `${maxTokens}; let patches be cut into tiles`,
        { facts: { limit: "tokens", max: maxTokens, actual: tokens } },
      );
    }
  };

  return {
    card,
    model,
    imageSizePx: null,
    tileSizePx,
    frames: (temporal) => framesOf(temporal, { count, most }),
    prepare(patch) {
      checkPatch(patch, model, { frames: count === null ? [1, most] : [count, count] });
      checkTokens(patch);
      const [frames, , height, width] = patch.pixels.shape;
      const cover = landCover ? coverClasses(patch, inputs.landCover) : null;
      const series = slotSeries({ ...patch, isLinear }, inputs);
      const size = { frames, height, width };
      const months = monthsOf(patch.times, { month, monthOf });
      const data = BigInt64Array.from(months, BigInt);
      const tensors: Record<string, Tensor> = {
        ...groupTensors(series, inputs, { size, cover }),
        months: ndarray("int64", { axes: ["t"], shape: [frames], data }),
      };
      if (useLocation) tensors.location = pixelPlaces(patch.grid);
      if (cover) {
        tensors.dynamic_world = ndarray("int64", {
          axes: ["t", "y", "x"],
          shape: [frames, height, width],
          data: cover as BigInt64Array<ArrayBuffer>,
        });
      }
      return tensors;
    },
    graphConfig,
    graph: (shapes, checkpoint) => prestoGraph(shapes, checkpoint, graphConfig),
    outputs: (output) => [outputOf(output)],
    readout(outputs, output) {
      const name = outputOf(output);
      if (name !== "grid") return vectorOf(outputs, name);
      const grid = gridOf(outputs, name);
      return output.mode === "grid" ? grid : maxOverCells(grid);
    },
    inputGrid: (grid) => grid,
    meta({ times, valid }, output) {
      const plane = valid.data.length / times.length;
      let empty = 0;
      for (let i = 0; i < plane; i++) {
        let some = false;
        for (let t = 0; t < times.length; t++) some ||= valid.data[t * plane + i] !== 0;
        if (!some) empty++;
      }
      const seen = inputs.groups.map((i) => groups[i]!.name);
      return {
        n_frames: times.length,
        months: monthsOf(times, { month, monthOf }).map((at) => at + 1),
        band_groups: landCover ? [...seen, "dynamic_world"] : seen,
        use_location: useLocation,
        empty_pixels: empty,
        ...(output.mode === "pooled"
          ? { pooling: output.pooling, pooled_over: mean === "pooled" ? "all" : "valid" }
          : { grid_kind: "pixels" }),
      };
    },
  };
}

/** The family of `presto`. */
export const family: Family = {
  card,
  graphVersion: 1,
  embedder(model) {
    const config = prestoConfigs[model.variant];
    if (!config) {
      throw new TypeError(`Cannot make ${model.id}: there is no variant ${model.variant}`);
    }
    return prestoEmbedder(model, config);
  },
};
