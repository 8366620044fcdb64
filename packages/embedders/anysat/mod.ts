/**
 * AnySat (Astruc et al. 2024): embeddings of Sentinel-2 time series, down to a vector for each pixel.
 *
 * @example What one embedding is made of
 * ```ts
 * import { resolveModel } from "@rsembed/core";
 * import { card, family } from "@rsembed/embedders/anysat";
 * import assert from "node:assert/strict";
 *
 * const model = resolveModel(card, { name: "anysat", options: { patch_size_m: 40 } });
 * const embedder = family.embedder(model);
 * assert.equal(embedder.frames({ start: "2022-01-01", end: "2023-01-01" }).length, 8);
 * assert.deepEqual(embedder.outputs({ mode: "grid", orientation: "native" }), ["dense"]);
 * ```
 *
 * @module
 */

import {
  ndarray,
  type OutputSpec,
  type Patch,
  planesOf,
  type ResolvedModel,
  RsembedError,
} from "@rsembed/core";
import { checkPatch } from "../_prepare/check.ts";
import { distinctFrames } from "../_prepare/distinct_frames.ts";
import { numberOrNull, optionOf } from "../_prepare/options.ts";
import type { Embedder, Family } from "../embedder.ts";
import { card } from "./card.ts";
import { type AnysatConfig, anysatConfigs } from "./config.ts";
import { equalFrames } from "../_prepare/equal_frames.ts";
import { daysOf } from "./frames.ts";
import { anysatGraph, pixelM } from "./graph.ts";
import { bandCount } from "./ltae.ts";
import { type Normalization, normalizedFrames, repeatFrame, squaredGrid } from "./prepare.ts";
import {
  anysatOutput,
  type GridFeature,
  type PooledSource,
  readAnysat,
  type ReadoutChoice,
} from "./readout.ts";

export { card } from "./card.ts";
export { type AnysatConfig, anysatConfigs, type ProjectorConfig } from "./config.ts";

/** Most frames that a patch may have. */
const mostFrames = 24;
/** Most patches of an image: the last attention stores a square of this side. */
const mostPatches = 4096;
/** Most pixels of all frames: each is 1536 wide in the projector. */
const mostPixels = 2 ** 17;
/** Longest side of a patch, px: attention in it holds a square of the square of this side. */
const longestPatchPx = 24;

/** Side of a patch: as asked for, or that of the pixels that are fetched. */
function patchSizeOf(model: ResolvedModel): number {
  const sizeM = numberOrNull(model, "patch_size_m") ?? model.sensor.scaleM;
  const sizePx = sizeM / pixelM;
  if (!Number.isInteger(sizePx) || sizePx < 1 || sizePx > longestPatchPx) {
    throw new RsembedError(
      "spec",
      `Cannot use patches of ${sizeM} m for ${model.name}: multiples of ${pixelM} m up to ` +
        `${longestPatchPx * pixelM} are wanted, by option patch_size_m or the scale of the imagery`,
      { facts: { field: "patch_size_m", value: sizeM } },
    );
  }
  return sizePx;
}

/**
 * An embedder on an encoder of any size, published or not.
 *
 * @throws {RsembedError} `spec` where options do not fit together, `limit` where they need too much memory
 */
export function anysatEmbedder(model: ResolvedModel, config: AnysatConfig): Embedder {
  const patchSizePx = patchSizeOf(model);
  const sizePx = optionOf(model, "image_size", "number");
  const normalization = optionOf(model, "normalization", "string") as Normalization;
  const count = optionOf(model, "n_frames", "number");
  const day = numberOrNull(model, "day_of_year");
  const choice: ReadoutChoice = {
    gridFeature: optionOf(model, "grid_feature_mode", "string") as GridFeature,
    pooledSource: optionOf(model, "pooled_source", "string") as PooledSource,
  };
  const side = sizePx / patchSizePx;
  const limit = (what: string, max: number, actual: number) => {
    if (actual <= max) return;
    throw new RsembedError(
      "limit",
      `Cannot run ${model.name} on ${actual} ${what}: at most ${max}, take a smaller image_size` +
        (what === "patches" ? " or a larger patch_size_m" : " or fewer frames"),
      { facts: { limit: what, max, actual } },
    );
  };
  if (!Number.isInteger(side)) {
    throw new RsembedError(
      "spec",
      `Cannot use image_size=${sizePx} of ${model.name}: it is no multiple of a patch of ` +
        `${patchSizePx} px`,
      { facts: { field: "image_size", value: sizePx } },
    );
  }
  limit("patches", mostPatches, side * side);
  const graphConfig = { ...config, patchSizePx };
  /** The dates of the frames that are fed: one frame alone is fed once for every part of its window. */
  const timesOf = ({ times }: Patch) =>
    times.length === 1 && count > 1
      ? times[0] ? equalFrames(times[0], count) : new Array<null>(count).fill(null)
      : times;
  const nameOf = (output: OutputSpec) => {
    if (
      output.mode === "pooled" && output.pooling === "max" && choice.pooledSource === "tile"
    ) {
      throw new RsembedError(
        "spec",
        `Cannot take the maximum of ${model.name} with pooled_source=tile: it is one vector, take the mean`,
        { facts: { field: "output.pooling", value: output.pooling } },
      );
    }
    return anysatOutput(output, choice);
  };

  return {
    card,
    model,
    imageSizePx: sizePx,
    frames: (temporal) => equalFrames(temporal, count),
    fillsEmptyFrames: true,
    prepare(patch) {
      checkPatch(patch, model, { frames: [1, mostFrames] });
      const times = timesOf(patch);
      limit("pixels", mostPixels, times.length * sizePx * sizePx);
      const days = daysOf(times, day);
      const given = normalizedFrames(patch.pixels, { sizePx, normalization });
      const { data } = patch.times.length < times.length ? repeatFrame(given, times.length) : given;
      return {
        s2: ndarray("float32", {
          axes: ["t", "band", "y", "x"],
          shape: [times.length, bandCount, sizePx, sizePx],
          data,
        }),
        dates: ndarray("int64", {
          axes: ["t"],
          shape: [times.length],
          data: BigInt64Array.from(days, BigInt),
        }),
      };
    },
    graphConfig,
    graph: (shapes, checkpoint) => anysatGraph(shapes, checkpoint, graphConfig),
    outputs: (output) => [nameOf(output)],
    readout: (outputs, output) => readAnysat(outputs, output, choice),
    inputGrid: (grid) => squaredGrid(grid, sizePx),
    meta(patch, output) {
      const times = timesOf(patch);
      const distinct = distinctFrames(planesOf(patch.pixels), patch.times.length).length;
      const name = nameOf(output);
      const cells = name === "dense" ? sizePx : side;
      return {
        model_size: model.variant,
        normalization,
        patch_size_m: patchSizePx * pixelM,
        grid_feature_mode: choice.gridFeature,
        pooled_source: choice.pooledSource,
        start: times[0]?.start ?? null,
        end: times.at(-1)?.end ?? null,
        n_frames: times.length,
        n_frames_requested: times.length,
        n_distinct_frames: distinct,
        n_backfilled_frames: times.length - distinct,
        doy0_values: daysOf(times, day),
        feature_dim: name === "dense" ? 2 * config.width : config.width,
        ...(output.mode === "grid"
          ? {
            feature_mode: choice.gridFeature,
            native_output_hw: [cells, cells],
            grid_kind: name === "dense" ? "dense_subpatch" : "patch_tokens",
            grid_hw: [cells, cells],
          }
          : { pooling: name === "tile" ? "tile_native" : `patch_${output.pooling}` }),
      };
    },
  };
}

/** The family of `anysat`. */
export const family: Family = {
  card,
  graphVersion: 1,
  embedder(model) {
    const config = anysatConfigs[model.variant];
    if (!config) {
      throw new TypeError(`Cannot make ${model.id}: there is no variant ${model.variant}`);
    }
    return anysatEmbedder(model, config);
  },
};
