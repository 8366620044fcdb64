/**
 * How the reference cases of THOR name and shape things.
 *
 * @module
 */

import { ndarray, type OptionValue, resolveModel } from "@rsembed/core";
import { weightsOf } from "@rsembed/models/checkpoint";
import type { Embedder } from "../embedder.ts";
import type { GoldenCase } from "../_suite/golden_case.ts";
import { imagePlan, thinnedLike } from "../_suite/golden_image.ts";
import { goldenPatch } from "../_suite/golden_patch.ts";
import type { GoldenAdapter, GoldenOutput } from "../_suite/golden_plan.ts";
import { card } from "./card.ts";
import { bandGroups, type Modality, type ThorConfig, thorConfigs } from "./config.ts";
import { sidesOf } from "./geometry.ts";
import { tokenDistances } from "./graph.ts";
import { thorEmbedder } from "./mod.ts";

function configOf({ config }: GoldenCase): ThorConfig {
  const known = thorConfigs[card.defaultVariant]!;
  const number = (value: unknown, fallback: number) => typeof value === "number" ? value : fallback;
  return {
    width: number(config.embed_dim, known.width),
    depth: number(config.depth, known.depth),
    heads: number(config.num_heads, known.heads),
    groupWidth: number(config.band_embed_dim, known.groupWidth),
    kernelPx: number(config.conv_patch_size, known.kernelPx),
  };
}

/** Options of the arrays that one case prepares in several ways, by the end of their names. */
const ways: Readonly<Record<string, Readonly<Record<string, OptionValue>>>> = {
  native_crop: {},
  native_pad: { shape_adjust: "pad" },
  fixed: { resize_mode: "fixed" },
  native_p12_unit: { patch_size: 12, normalization: "unit_scale" },
  raw_none: { normalization: "none" },
  s1_native: {},
  s1_fixed: { resize_mode: "fixed" },
};

/** Lays THOR's pieces out along a case. */
export const adapter: GoldenAdapter = (golden) => {
  const { modality: given, scale_m, normalize, ...rest } = golden.options;
  const config = configOf(golden);
  const embedderOf = (modality: string, more: Readonly<Record<string, OptionValue>>): Embedder => {
    const model = resolveModel(card, {
      name: card.id,
      sensor: { ...card.modalities[modality]!, scaleM: Number(scale_m) },
      modality,
      options: {
        ...rest as Record<string, OptionValue>,
        normalization: String(normalize),
        ...more,
      },
    });
    return thorEmbedder(model, config);
  };
  const modality = String(given) as Modality;
  const embedder = embedderOf(modality, {});
  const tap = (name: string): GoldenOutput => ({
    needs: [name],
    read: (outputs) => outputs[name]!,
  });
  if (golden.kind === "preprocess") {
    const prepared = Object.entries(ways).map(([way, options]) => {
      const own = way.startsWith("s1_") ? "s1" : "s2";
      const target = `prepared_${way}`;
      return [target, () => {
        const { model, prepare } = embedderOf(own, options);
        const raw = golden.arrays.get(`raw_${own}`)!;
        const patch = goldenPatch(raw, { bands: model.sensor.bands, times: [null] });
        return thinnedLike(prepare(patch).image!, golden.arrays.get(target));
      }] as const;
    });
    return { sources: ["raw_s2", "raw_s1"], prepared: Object.fromEntries(prepared), encoder: null };
  }
  const plan = imagePlan(golden, {
    embedder,
    outputs: Object.fromEntries(
      ["block0", "grid_mean", "grid_sum", "grid_concat"].map((name) => [name, tap(name)]),
    ),
  });
  if (!golden.declared.includes("alibi")) return plan;
  const [, , sidePx = 0] = golden.arrays.get("prepared")!.shape;
  return {
    ...plan,
    folded: {
      alibi: async (checkpoint) => {
        const slopes = await weightsOf(checkpoint).take("encoder.encoder_slopes", [config.heads])
          .load();
        const patchPx = Number(rest.patch_size);
        const sides = sidesOf(sidePx, { modality, patchPx, scaleM: Number(scale_m) });
        const distances = tokenDistances(bandGroups[modality], sides);
        const count = Math.sqrt(distances.length);
        return ndarray("float32", {
          axes: ["head", "token", "other"],
          shape: [config.heads, count, count],
          data: Float32Array.from(
            { length: config.heads * distances.length },
            (_, i) => -slopes[Math.floor(i / distances.length)]! * distances[i % distances.length]!,
          ),
        });
      },
    },
  };
};
