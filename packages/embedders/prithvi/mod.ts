/**
 * Prithvi-EO-2.0 (Szwarcman et al. 2024): embeddings of Sentinel-2 images and time series, told when and where.
 *
 * @example What one embedding is made of
 * ```ts
 * import { resolveModel } from "@rsembed/core";
 * import { card, family } from "@rsembed/embedders/prithvi";
 * import assert from "node:assert/strict";
 *
 * const embedder = family.embedder(resolveModel(card, { name: "prithvi", variant: "300_tl" }));
 * assert.equal(embedder.frames({ start: "2022-06-01", end: "2022-09-01" }).length, 3);
 * assert.deepEqual(embedder.outputs({ mode: "pooled", pooling: "mean" }), ["pooled"]);
 * ```
 *
 * @module
 */

import { ndarray, type Patch, type Pooling, type ResolvedModel, RsembedError } from "@rsembed/core";
import { checkPatch } from "../_prepare/check.ts";
import { gridCenter } from "../_prepare/grid_center.ts";
import { numberOrNull, optionOf } from "../_prepare/options.ts";
import { meanOrMax, readMeanOrMax } from "../_readout/mean_or_max.ts";
import type { Embedder, Family } from "../embedder.ts";
import { card } from "./card.ts";
import { type PrithviConfig, prithviConfigs } from "./config.ts";
import { encodePlace, encodeTimes, yearDayOf } from "./coordinates.ts";
import { framesMeta, framesOf, type TemporalMode } from "./frames.ts";
import { bandCount, prithviGraph } from "./graph.ts";
import {
  type Fit,
  fittedGrid,
  fittedSeries,
  inputSize,
  keptFrames,
  type Normalization,
  wholePatches,
} from "./prepare.ts";

export { card } from "./card.ts";
export { type PrithviConfig, prithviConfigs } from "./config.ts";

/** Attention holds a square of this side for every head and place. */
const maxTokens = 16384;

/** How a model brings images to size. */
function fitOf(model: ResolvedModel, patchSizePx: number): Fit {
  if (optionOf(model, "prep", "string") === "pad") {
    return { prep: "pad", multiplePx: numberOrNull(model, "pad_multiple") ?? patchSizePx };
  }
  return { prep: "resize", sizePx: optionOf(model, "image_size", "number") };
}

/**
 * An embedder on an encoder of any size, published or not.
 *
 * @throws {RsembedError} `spec` where options do not fit together
 */
export function prithviEmbedder(model: ResolvedModel, config: PrithviConfig): Embedder {
  const { patchSizePx, width, coordinates } = config;
  const fit = fitOf(model, patchSizePx);
  const normalization = optionOf(model, "normalization", "string") as Normalization;
  const mode = optionOf(model, "temporal_mode", "string") as TemporalMode;
  const count = numberOrNull(model, "n_frames");
  const most = optionOf(model, "max_frames", "number");
  const strideDays = optionOf(model, "frame_stride_days", "number");
  const useTime = coordinates && optionOf(model, "use_time", "boolean");
  const useLocation = coordinates && optionOf(model, "use_location", "boolean");
  const gridPooling = optionOf(model, "grid_pooling", "string") as Pooling;
  const refuse = (field: string, value: unknown, state: string): never => {
    throw new RsembedError("spec", `Cannot use ${field}=${value} of ${model.name}: ${state}`, {
      facts: { field, value },
    });
  };
  if (fit.prep === "resize" && fit.sizePx % patchSizePx !== 0) {
    refuse("image_size", fit.sizePx, `it is no multiple of the patch of ${patchSizePx} px`);
  }
  if (mode === "single" && count !== null && count !== 1) {
    refuse("n_frames", count, "temporal_mode single has one frame");
  }
  const fixed = mode === "single" ? 1 : count;

  const checkTokens = ({ grid, times }: Patch) => {
    const { height, width: across } = inputSize(grid, fit, patchSizePx);
    const tokens = times.length * height * across / patchSizePx ** 2;
    if (tokens === 0) {
      refuse("pad_multiple", model.options.pad_multiple, "the patch fills no patch of the encoder");
    }
    if (tokens > maxTokens) {
      throw new RsembedError(
        "limit",
        `Cannot run ${model.name} on ${tokens} tokens: at most ${maxTokens}, take fewer frames or a ` +
          "smaller image",
        { facts: { limit: "tokens", max: maxTokens, actual: tokens } },
      );
    }
  };

  return {
    card,
    model,
    imageSizePx: fit.prep === "resize" ? fit.sizePx : null,
    frames: (temporal) => framesOf(temporal, { mode, count, most, strideDays }),
    fillsEmptyFrames: true,
    prepare(patch) {
      checkPatch(patch, model, { frames: fixed === null ? [1, most] : [fixed, fixed] });
      checkTokens(patch);
      const { planes: fitted, kept } = fittedSeries(patch.pixels, { normalization, fit });
      const planes = wholePatches(fitted, patchSizePx);
      const image = ndarray("float32", {
        axes: ["t", "band", "y", "x"],
        shape: [kept.length, bandCount, planes.height, planes.width],
        data: planes.data,
      });
      if (!coordinates) return { image };
      const dates = kept.map((frame) => {
        const time = patch.times[frame];
        return useTime && time ? yearDayOf(time) : null;
      });
      return {
        image,
        time: encodeTimes(dates, width),
        location: encodePlace(useLocation ? gridCenter(patch.grid) : null, width),
      };
    },
    graphConfig: { ...config },
    graph: (shapes, checkpoint) => prithviGraph(shapes, checkpoint, config),
    outputs: (output) => [meanOrMax(output, gridPooling)],
    readout: (outputs, output) => readMeanOrMax(outputs, output, gridPooling),
    inputGrid: (grid) => fittedGrid(grid, fit, patchSizePx),
    meta(patch, output) {
      const { pixels, times } = patch;
      const kept = keptFrames(pixels, normalization);
      const { height, width: across } = inputSize(patch.grid, fit, patchSizePx);
      const place = useLocation ? gridCenter(patch.grid) : null;
      return {
        ...framesMeta(times, kept),
        normalization,
        prep_mode: fit.prep,
        ...(fit.prep === "pad" ? { patch_mult: fit.multiplePx } : {}),
        input_hw: [height, across],
        uses_time: useTime && kept.every((frame) => times[frame] !== null),
        coords_lonlat: place && [place.lon, place.lat],
        ...(output.mode === "pooled"
          ? { pooling: `patch_${kept.length > 1 ? "temporal_" : ""}${output.pooling}` }
          : { grid_kind: "patch_tokens", grid_pooling: gridPooling }),
      };
    },
  };
}

/** The family of `prithvi`. */
export const family: Family = {
  card,
  graphVersion: 1,
  embedder(model) {
    const config = prithviConfigs[model.variant];
    if (!config) {
      throw new TypeError(`Cannot make ${model.id}: there is no variant ${model.variant}`);
    }
    return prithviEmbedder(model, config);
  },
};
