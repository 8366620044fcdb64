/**
 * OlmoEarth (Ai2 2025): embeddings of images and time series of Sentinel-2 or Sentinel-1.
 *
 * @example What one embedding is made of
 * ```ts
 * import { resolveModel } from "@rsembed/core";
 * import { card, family } from "@rsembed/embedders/olmoearth";
 * import assert from "node:assert/strict";
 *
 * const model = resolveModel(card, { name: "olmoearth", variant: "nano_v1_2", modality: "s1" });
 * const embedder = family.embedder(model);
 * assert.deepEqual(model.sensor.bands, ["VV", "VH"]);
 * assert.equal(embedder.frames({ start: "2022-01-01", end: "2023-01-01" }).length, 12);
 * ```
 *
 * @module
 */

import {
  formatDate,
  ndarray,
  type Patch,
  planesOf,
  type Pooling,
  type ResolvedModel,
  RsembedError,
} from "@rsembed/core";
import { checkPatch } from "../_prepare/check.ts";
import { refuseDecibels } from "../_prepare/linear_power.ts";
import { optionOf } from "../_prepare/options.ts";
import { takeFrames } from "../_prepare/take_frames.ts";
import { meanOrMax, readMeanOrMax } from "../_readout/mean_or_max.ts";
import type { Embedder, Family, Tensors } from "../embedder.ts";
import { card } from "./card.ts";
import { type OlmoearthConfig, olmoearthConfigs } from "./config.ts";
import {
  datesOf,
  dayNumber,
  framesOf,
  isSeries,
  mostFrames,
  samplingMeta,
  type TemporalMode,
} from "./frames.ts";
import { olmoearthGraph } from "./graph.ts";
import {
  framesWithImagery,
  type Modality,
  normalizedFrames,
  type ShapeAdjust,
  shapeMeta,
  squaredGrid,
} from "./prepare.ts";

export { card } from "./card.ts";
export { type OlmoearthConfig, olmoearthConfigs, type RotaryScales } from "./config.ts";

/** Twelve frames at the default size; attention takes time by the square of it. */
const maxTokens = 49152;

/** What the encoder is told of the days of frames. */
function timeTensors(dates: readonly Date[], withDays: boolean): Tensors {
  const shape = [dates.length] as const;
  const months = BigInt64Array.from(dates, (date) => BigInt(date.getUTCMonth()));
  const numbers = dates.map(dayNumber);
  return {
    months: ndarray("int64", { axes: ["t"], shape, data: months }),
    ...(withDays
      ? {
        // attention hears differences alone, and small numbers are more exact
        days: ndarray("float32", {
          axes: ["t"],
          shape,
          data: Float32Array.from(numbers, (day) => day - numbers[0]!),
        }),
      }
      : {}),
  };
}

/**
 * An embedder on an encoder of any size, published or not.
 *
 * @throws {RsembedError} `spec` where options do not fit together
 */
export function olmoearthEmbedder(model: ResolvedModel, config: OlmoearthConfig): Embedder {
  const modality = model.modality as Modality;
  const sizePx = optionOf(model, "image_size", "number");
  const patchPx = optionOf(model, "patch_size", "number");
  const shapeAdjust = optionOf(model, "shape_adjust", "string") as ShapeAdjust;
  const mode = optionOf(model, "temporal_mode", "string") as TemporalMode;
  const gridPooling = optionOf(model, "grid_pooling", "string") as Pooling;
  const linearPower = modality === "s1" && model.sensor.useFloatLinear;
  const refuse = (field: string, value: unknown, state: string): never => {
    throw new RsembedError("spec", `Cannot use ${field}=${value} of ${model.name}: ${state}`, {
      facts: { field, value },
    });
  };
  if (patchPx > config.basePatchPx) refuse("patch_size", patchPx, `at most ${config.basePatchPx}`);
  if (sizePx % patchPx !== 0) {
    refuse("image_size", sizePx, `it is no multiple of patch_size ${patchPx}`);
  }
  const graphConfig = { ...config, patchPx, modality };
  const fit = { shapeAdjust, sizePx };

  const check = (patch: Patch) =>
    checkPatch(patch, model, { frames: mode === "single" ? [1, 1] : [1, mostFrames] });
  const checkTokens = (frames: number) => {
    const tokens = (sizePx / patchPx) ** 2 * frames * config.bandSets[modality].length;
    if (tokens > maxTokens) {
      throw new RsembedError(
        "limit",
        `Cannot run ${model.name} on ${tokens} tokens: at most ${maxTokens}, take fewer frames, a ` +
          "smaller image_size or a larger patch_size",
        { facts: { limit: "tokens", max: maxTokens, actual: tokens } },
      );
    }
  };

  return {
    card,
    model,
    imageSizePx: sizePx,
    frames: (temporal) => framesOf(temporal, mode),
    prepare(patch) {
      check(patch);
      const { pixels, times } = patch;
      const kept = framesWithImagery(patch);
      checkTokens(kept.length);
      if (linearPower) refuseDecibels(pixels.data, model.name);
      const series = isSeries(times.length, mode);
      const dates = datesOf(kept.map((frame) => times[frame]!), series);
      const frames = takeFrames(planesOf(pixels), times.length, kept);
      const { data } = normalizedFrames(frames, { modality, linearPower, series, ...fit });
      return {
        image: ndarray("float32", {
          axes: ["t", "band", "y", "x"],
          shape: [kept.length, pixels.shape[1], sizePx, sizePx],
          data,
        }),
        ...timeTensors(dates, config.rotary !== null),
      };
    },
    graphConfig,
    graph: (shapes, checkpoint) => olmoearthGraph(shapes, checkpoint, graphConfig),
    outputs: (output) => [meanOrMax(output, gridPooling)],
    readout: (outputs, output) => readMeanOrMax(outputs, output, gridPooling),
    inputGrid: (grid) => squaredGrid(grid, fit),
    meta(patch, output) {
      const { times, grid } = patch;
      const kept = framesWithImagery(patch);
      const series = isSeries(times.length, mode);
      const [size = "", ...release] = model.variant.split("_");
      return {
        variant: model.variant,
        model_size: size,
        model_version: release.length > 0 ? release.join("_") : "v1",
        hf_repo: card.variants[model.variant]?.weights?.repo ?? null,
        modality,
        patch_size: patchPx,
        temporal_mode: series ? "multi" : "single",
        n_frames: kept.length,
        frame_dates: datesOf(kept.map((frame) => times[frame]!), series)
          .map((date) => formatDate(date.getTime())),
        ...(series
          ? {
            n_bins: times.length,
            dropped_bins: times.flatMap((time, frame) =>
              kept.includes(frame) || !time ? [] : [[time.start, time.end]]
            ),
            ...samplingMeta(times),
          }
          : {}),
        ...(modality === "s1" ? { use_float_linear: linearPower } : {}),
        shape_prep: shapeMeta(grid, fit),
        ...(output.mode === "pooled"
          ? { pooling: `spatial_temporal_bandset_${output.pooling}` }
          : { grid_kind: "spatial_tokens", grid_pooling: gridPooling }),
      };
    },
  };
}

/** The family of `olmoearth`. */
export const family: Family = {
  card,
  graphVersion: 1,
  embedder(model) {
    const config = olmoearthConfigs[model.variant];
    if (!config) {
      throw new TypeError(`Cannot make ${model.id}: there is no variant ${model.variant}`);
    }
    return olmoearthEmbedder(model, config);
  },
};
