/**
 * How the reference cases of AnySat name and shape things.
 *
 * @module
 */

import { ndarray, type OptionValue, type OutputSpec, resolveModel } from "@rsembed/core";
import type { GoldenArray, GoldenCase } from "../_suite/golden_case.ts";
import { goldenPatch, windowOf } from "../_suite/golden_patch.ts";
import type { GoldenAdapter, GoldenOutput, GoldenPlan } from "../_suite/golden_plan.ts";
import { forEachPlace } from "../_suite/golden_run.ts";
import type { Embedder } from "../embedder.ts";
import { card } from "./card.ts";
import { type AnysatConfig, anysatConfigs } from "./config.ts";
import { anysatEmbedder } from "./mod.ts";

type Table = Readonly<Record<string, unknown>>;

function tableOf(value: unknown): Table {
  return typeof value === "object" && value !== null ? value as Table : {};
}

function configOf({ config }: GoldenCase): AnysatConfig {
  const known = anysatConfigs[card.defaultVariant]!;
  const number = (value: unknown, fallback: number) => typeof value === "number" ? value : fallback;
  const spatial = tableOf(config.spatial_encoder);
  const s2 = tableOf(tableOf(config.projectors).s2);
  const { projector } = known;
  return {
    width: number(config.embed_dim, known.width),
    spatialDepth: number(spatial.depth, known.spatialDepth),
    spatialHeads: number(spatial.num_heads, known.spatialHeads),
    depth: number(config.depth, known.depth),
    heads: number(config.num_heads, known.heads),
    mlpRatio: number(config.mlp_ratio, known.mlpRatio),
    projector: {
      widths: Array.isArray(s2.mlp_in) ? s2.mlp_in.map(Number) : projector.widths,
      heads: number(s2.n_head, projector.heads),
      keyWidth: number(s2.d_k, projector.keyWidth),
      period: number(s2.T, projector.period),
    },
  };
}

function embedderOf(golden: GoldenCase, more: Record<string, OptionValue> = {}): Embedder {
  const { temporal: _, scale_m, ...given } = golden.options as Record<string, OptionValue>;
  const model = resolveModel(card, {
    name: card.id,
    ...(typeof scale_m === "number" ? { fetch: { scaleM: scale_m } } : {}),
    options: { ...given, ...more },
  });
  return anysatEmbedder(model, configOf(golden));
}

/** Every nth row and column, where a case stores no more. */
function thinned(array: GoldenArray, side: number): GoldenArray {
  const [frames = 0, bands = 0, height = 0] = array.shape;
  const step = height / side;
  if (step === 1 || !Number.isInteger(step)) return array;
  const data = Float32Array.from({ length: frames * bands * side * side }, (_, i) => {
    const [plane, y, x] = [Math.floor(i / side ** 2), Math.floor(i / side) % side, i % side];
    return Number(array.data[(plane * height + y * step) * height + x * step]);
  });
  return ndarray("float32", { axes: array.axes, shape: [frames, bands, side, side], data });
}

/**
 * Arrays `prepared_<normalization>` of one `raw`, (T, C, H, W), and `coerced_<name>` of each `raw_<name>`, (C,
 * H, W): a series of one image, not scaled.
 */
function preparations(golden: GoldenCase): GoldenPlan {
  const sources: string[] = [];
  const prepared: Record<string, () => GoldenArray> = {};
  // days are of no account here, and the case gives no dates
  const prepare = (raw: GoldenArray, normalization: string) => {
    const embedder = embedderOf(golden, { day_of_year: 1, normalization });
    const times = new Array<null>(raw.shape.length === 4 ? raw.shape[0]! : 1).fill(null);
    return embedder.prepare(goldenPatch(raw, { bands: embedder.model.sensor.bands, times })).s2!;
  };
  for (const [name, array] of golden.arrays) {
    if (/^raw(_|$)/.test(name)) sources.push(name);
    const [, normalization] = /^prepared_(.+)$/.exec(name) ?? [];
    const raw = golden.arrays.get("raw");
    if (raw && normalization) prepared[name] = () => prepare(raw, normalization);
    const [, form] = /^coerced_(.+)$/.exec(name) ?? [];
    const single = golden.arrays.get(`raw_${form}`);
    if (single) prepared[name] = () => thinned(prepare(single, "none"), array.shape.at(-1)!);
  }
  return { sources, prepared, encoder: null };
}

const mean: OutputSpec = { mode: "pooled", pooling: "mean" };
const native: OutputSpec = { mode: "grid", orientation: "native" };

function encoding(golden: GoldenCase): GoldenPlan {
  const embedder = embedderOf(golden);
  const { bands } = embedder.model.sensor;
  const window = windowOf(golden.options.temporal);
  const prepare = (name: "s2" | "dates") => (): GoldenArray => {
    const raw = golden.arrays.get("raw");
    if (!raw) throw new Error("the case holds no raw input");
    const times = embedder.frames(window);
    return forEachPlace(
      raw,
      (place) => embedder.prepare(goldenPatch(place, { bands, times }))[name]!,
    );
  };
  const tap = (name: string): GoldenOutput => ({
    needs: [name],
    read: (outputs) => outputs[name]!,
  });
  const reading = (output: OutputSpec, more: Record<string, OptionValue> = {}): GoldenOutput => {
    const from = embedderOf(golden, more);
    return {
      needs: from.outputs(output),
      read: (outputs) => from.readout(outputs, output),
    };
  };
  const outputs: Record<string, GoldenOutput> = {
    ltae: tap("ltae"),
    tokens_in: tap("tokens_in"),
    tokens: tap("tokens"),
    tile: tap("tile"),
    patch: reading(native, { grid_feature_mode: "patch" }),
    dense: reading(native),
    pooled_patch_mean: reading(mean),
    pooled_patch_max: reading({ mode: "pooled", pooling: "max" }),
    pooled_tile: reading(mean, { pooled_source: "tile" }),
  };
  return {
    sources: ["raw"],
    prepared: { prepared: prepare("s2"), dates: prepare("dates") },
    encoder: {
      embedder,
      feeds: { s2: "prepared", dates: "dates" },
      outputs: Object.fromEntries(
        Object.entries(outputs).filter(([name]) => golden.declared.includes(name)),
      ),
    },
  };
}

/** Lays AnySat's pieces out along a case. */
export const adapter: GoldenAdapter = (golden) => {
  if (golden.kind === "encoder") return encoding(golden);
  if (golden.kind === "preprocess") return preparations(golden);
  return { unsupported: `anysat has no cases of kind ${golden.kind}` };
};
