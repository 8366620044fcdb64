/**
 * How the reference cases of OlmoEarth name and shape things.
 *
 * @module
 */

import {
  ndarray,
  type OptionValue,
  type OutputSpec,
  type Patch,
  resolveModel,
  type TokenGrid,
} from "@rsembed/core";
import type { GoldenArray, GoldenCase } from "../_suite/golden_case.ts";
import { thinnedLike } from "../_suite/golden_image.ts";
import { goldenPatch, windowOf } from "../_suite/golden_patch.ts";
import type { GoldenAdapter, GoldenFeed, GoldenOutput, GoldenPlan } from "../_suite/golden_plan.ts";
import { cropToRoi, poolCells, roiOf } from "../_suite/golden_roi.ts";
import { forEachPlace } from "../_suite/golden_run.ts";
import type { Embedder } from "../embedder.ts";
import { card } from "./card.ts";
import { type OlmoearthConfig, olmoearthConfigs } from "./config.ts";
import { datesOf, dayNumber, isSeries, type TemporalMode } from "./frames.ts";
import { olmoearthEmbedder } from "./mod.ts";
import { decibels, framesWithImagery, type ShapeAdjust, shapeMeta } from "./prepare.ts";

type Table = Readonly<Record<string, unknown>>;

function tableOf(value: unknown): Table {
  return typeof value === "object" && value !== null ? value as Table : {};
}

/** Bands of each set, where the tokenization of Sentinel-2 is not the first release's. */
function bandSetsOf(tokenization: unknown, known: OlmoearthConfig["bandSets"]) {
  const { band_groups: groups } = tableOf(tableOf(tableOf(tokenization).overrides).sentinel2_l2a);
  return Array.isArray(groups)
    ? { ...known, s2: groups.map((group) => (group as readonly unknown[]).length) }
    : known;
}

function configOf({ config }: GoldenCase): OlmoearthConfig {
  const known = olmoearthConfigs.nano!;
  const given = tableOf(config.encoder_config);
  const number = (value: unknown, fallback: number) => typeof value === "number" ? value : fallback;
  const positions = given.spatial_pos_encoding ?? given.position_encoding;
  return {
    width: number(given.embedding_size, known.width),
    depth: number(given.depth, known.depth),
    heads: number(given.num_heads, known.heads),
    mlpRatio: number(given.mlp_ratio, known.mlpRatio),
    basePatchPx: number(given.max_patch_size, known.basePatchPx),
    linearPatches: given.use_linear_patch_embed === true,
    bandSets: bandSetsOf(given.tokenization_config, known.bandSets),
    rotary: positions === "rope_3d_mixed"
      ? {
        perPx: number(given.rope_coordinate_scale, 1),
        perDay: number(given.rope_temporal_coordinate_scale, 1 / 30),
      }
      : null,
  };
}

function embedderOf(golden: GoldenCase, more: Record<string, OptionValue> = {}): Embedder {
  const { temporal: _, modality, ...given } = golden.options as Record<string, OptionValue>;
  const model = resolveModel(card, {
    name: card.id,
    ...(typeof modality === "string" ? { modality } : {}),
    options: { ...given, ...more },
  });
  return olmoearthEmbedder(model, configOf(golden));
}

const mean: OutputSpec = { mode: "pooled", pooling: "mean" };
const native: OutputSpec = { mode: "grid", orientation: "native" };

/** The stored input of one place, (T, C, H, W) or (C, H, W), as a patch. */
function patchOf(golden: GoldenCase, raw: GoldenArray, embedder: Embedder): Patch {
  const times = embedder.frames(windowOf(golden.options.temporal));
  return goldenPatch(raw, { bands: embedder.model.sensor.bands, times });
}

/** Day, month from 0 and year of each frame, (T, 3). */
function timestampsOf(patch: Patch, mode: TemporalMode): GoldenArray {
  const kept = framesWithImagery(patch).map((frame) => patch.times[frame]!);
  const dates = datesOf(kept, isSeries(patch.times.length, mode)).flatMap((date) => [
    date.getUTCDate(),
    date.getUTCMonth(),
    date.getUTCFullYear(),
  ]);
  return ndarray("int64", {
    axes: ["t", "c"],
    shape: [kept.length, 3],
    data: BigInt64Array.from(dates, BigInt),
  });
}

/** The days of stored timestamps, as the encoder is told them. */
const months: GoldenFeed = {
  from: "timestamps",
  read: ({ data, shape: [frames = 0] }) =>
    ndarray("int64", {
      axes: ["t"],
      shape: [frames],
      data: BigInt64Array.from({ length: frames }, (_, t) => BigInt(data[3 * t + 1]!)),
    }),
};
const days: GoldenFeed = {
  from: "timestamps",
  read: ({ data, shape: [frames = 0] }) => {
    const numbers = Array.from({ length: frames }, (_, t) => {
      const [day = 0, month = 0, year = 0] = [...data.slice(3 * t, 3 * t + 3)].map(Number);
      return dayNumber(new Date(Date.UTC(year, month, day)));
    });
    const since = Float32Array.from(numbers, (day) => day - numbers[0]!);
    return ndarray("float32", { axes: ["t"], shape: [frames], data: since });
  },
};

function encoding(golden: GoldenCase): GoldenPlan {
  const embedder = embedderOf(golden);
  const byMaximum = embedderOf(golden, { grid_pooling: "max" });
  const raw = golden.arrays.get("raw");
  const forEachPatch = (fn: (patch: Patch) => GoldenArray) => (): GoldenArray => {
    if (!raw) throw new Error("the case holds no raw input");
    return forEachPlace(raw, (place) => fn(patchOf(golden, place, embedder)));
  };
  const [height = 1, width = 1] = raw?.shape.slice(-2) ?? [];
  const { shape_adjust, image_size } = embedder.model.options;
  const { roi_window } = shapeMeta({ height, width }, {
    shapeAdjust: shape_adjust as ShapeAdjust,
    sizePx: Number(image_size),
  });
  const window = roiOf(roi_window)!;
  const whole = `${window}` === "0,1,0,1";
  const tap = (name: string): GoldenOutput => ({
    needs: [name],
    read: (outputs) => outputs[name]!,
  });
  const cropped = (from: Embedder, read: (grid: TokenGrid) => GoldenArray): GoldenOutput => ({
    needs: from.outputs(native),
    read: (outputs) => read(cropToRoi(from.readout(outputs, native) as TokenGrid, window)),
  });
  const pooled = (output: OutputSpec): GoldenOutput => ({
    needs: embedder.outputs(output),
    read: (outputs) => embedder.readout(outputs, output),
  });
  return {
    sources: ["raw"],
    prepared: {
      prepared: forEachPatch((patch) => embedder.prepare(patch).image!),
      timestamps: forEachPatch((patch) =>
        timestampsOf(patch, embedder.model.options.temporal_mode as TemporalMode)
      ),
    },
    encoder: {
      embedder,
      feeds: {
        image: "prepared",
        months,
        ...(configOf(golden).rotary ? { days } : {}),
      },
      outputs: {
        patch_tokens: tap("patch_tokens"),
        encoded_tokens: tap("encoded_tokens"),
        tokens: tap("tokens"),
        pooled_mean: whole ? pooled(mean) : cropped(embedder, (grid) => poolCells(grid, "mean")),
        pooled_max: whole
          ? pooled({ mode: "pooled", pooling: "max" })
          : cropped(byMaximum, (grid) => poolCells(grid, "max")),
        grid_mean: cropped(embedder, (grid) => grid),
        grid_max: cropped(byMaximum, (grid) => grid),
      },
    },
  };
}

/** Arrays `prepared_<name>` of each `raw_<name>`, by the options under that name. */
function preparations(golden: GoldenCase): GoldenPlan {
  const sources: string[] = [];
  const prepared: Record<string, () => GoldenArray> = {};
  for (const [source, raw] of golden.arrays) {
    const [, name] = /^raw_(.+)$/.exec(source) ?? [];
    if (name === undefined) continue;
    sources.push(source);
    const stored = golden.arrays.get(`prepared_${name}`);
    if (stored) {
      prepared[`prepared_${name}`] = () => {
        const options = { ...golden.config, ...tableOf(golden.options[name]) };
        const embedder = embedderOf({ ...golden, options });
        // days are of no account here, and the case gives no dates
        const times = [{ start: "2022-06-01", end: "2022-06-02" }];
        const { bands } = embedder.model.sensor;
        return thinnedLike(embedder.prepare(goldenPatch(raw, { bands, times })).image!, stored);
      };
    }
    const inDecibels = `prepared_${name}_db`;
    if (golden.arrays.has(inDecibels)) {
      prepared[inDecibels] = () => ({
        ...raw,
        dtype: "float32",
        data: Float32Array.from(raw.data as Float32Array, decibels),
      });
    }
  }
  return { sources, prepared, encoder: null };
}

/** Lays OlmoEarth's pieces out along a case. */
export const adapter: GoldenAdapter = (golden) => {
  if (golden.kind === "encoder") return encoding(golden);
  if (golden.kind === "preprocess") return preparations(golden);
  return { unsupported: `olmoearth has no cases of kind ${golden.kind}` };
};
