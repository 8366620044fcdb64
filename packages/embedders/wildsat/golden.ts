/**
 * How the reference cases of WildSAT name and shape things.
 *
 * @module
 */

import { type OptionValue, type OutputSpec, resolveModel } from "@rsembed/core";
import type { Embedder } from "../embedder.ts";
import type { GoldenCase } from "../_suite/golden_case.ts";
import { imagePlan, thinnedLike } from "../_suite/golden_image.ts";
import { goldenPatch } from "../_suite/golden_patch.ts";
import type { GoldenAdapter, GoldenOutput, GoldenPlan } from "../_suite/golden_plan.ts";
import { card } from "./card.ts";
import { type WildsatConfig, wildsatConfigs } from "./config.ts";
import { wildsatEmbedder } from "./mod.ts";

/** Widths of the published network's bottlenecks, which cases divide. */
const bottlenecks = [64, 128, 256, 512];

function configOf({ config }: GoldenCase): WildsatConfig {
  const number = (key: string) => Number(config[key]);
  const numbers = (key: string) => (config[key] as readonly unknown[]).map(Number);
  const classes = number("num_classes");
  if (config.arch === "resnet50") {
    const widths = bottlenecks.map((width) => width / number("width_div"));
    return { arch: "resnet", stem: 64, widths, blocks: numbers("layers"), classes };
  }
  if (config.arch === "swint") {
    return {
      arch: "swin",
      width: number("embed_dim"),
      depths: numbers("depths"),
      heads: numbers("num_heads"),
      windowSize: number("window"),
      classes,
    };
  }
  if (config.arch !== "vitb16") return wildsatConfigs[card.defaultVariant]!;
  return {
    arch: "vit",
    imageSizePx: number("image_size"),
    patchSizePx: number("patch_size"),
    width: number("dim"),
    depth: number("depth"),
    heads: number("num_heads"),
    hidden: number("mlp_dim"),
    classes,
  };
}

function embedderOf(golden: GoldenCase, more: Record<string, OptionValue> = {}): Embedder {
  const { normalization, image_branch, image_size } = golden.options;
  const { arch } = golden.config;
  const options = {
    // the peer has several words for reflectance as it is
    ...(normalization === "none" ? { normalization: "unit_scale" } : {}),
    ...(normalization === "unit_scale" ? { normalization } : {}),
    ...(typeof image_branch === "number" ? { image_branch } : {}),
    ...(typeof image_size === "number" ? { image_size } : {}),
    ...more,
  };
  const variant = typeof arch === "string" ? { variant: arch } : {};
  return wildsatEmbedder(
    resolveModel(card, { name: card.id, ...variant, options }),
    configOf(golden),
  );
}

function preparations(golden: GoldenCase): GoldenPlan {
  const sources = [...golden.arrays.keys()].filter((name) => name.startsWith("raw_"));
  const prepared = sources.flatMap((source) =>
    ["minmax", "unit_scale"].map((normalization) => {
      const name = `prepared_${normalization}${source.slice(3)}`;
      return [name, () => {
        const embedder = embedderOf(golden, { normalization });
        const { bands } = embedder.model.sensor;
        const patch = goldenPatch(golden.arrays.get(source)!, { bands, times: [null] });
        return thinnedLike(embedder.prepare(patch).image!, golden.arrays.get(name));
      }] as const;
    })
  );
  return { sources, prepared: Object.fromEntries(prepared), encoder: null };
}

/** Lays WildSAT's pieces out along a case. */
export const adapter: GoldenAdapter = (golden) => {
  if (golden.kind === "preprocess") return preparations(golden);
  const reading = (feature: string, pooling: "mean" | "max"): GoldenOutput => {
    const output: OutputSpec = { mode: "pooled", pooling };
    const embedder = embedderOf(golden, { feature });
    return {
      needs: embedder.outputs(output),
      read: (outputs) => embedder.readout(outputs, output),
    };
  };
  return imagePlan(golden, {
    embedder: embedderOf(golden),
    outputs: {
      pooled_backbone: reading("backbone", "mean"),
      ...(golden.config.arch === "vitb16"
        ? {
          pooled_tokens_mean: reading("tokens", "mean"),
          pooled_tokens_max: reading("tokens", "max"),
        }
        : {}),
    },
  });
};
