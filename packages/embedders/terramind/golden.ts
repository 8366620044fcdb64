/**
 * How the reference cases of TerraMind name and shape things.
 *
 * @module
 */

import { resolveModel } from "@rsembed/core";
import type { Embedder } from "../embedder.ts";
import type { GoldenCase } from "../_suite/golden_case.ts";
import { imagePlan, thinnedLike } from "../_suite/golden_image.ts";
import { goldenPatch } from "../_suite/golden_patch.ts";
import type { GoldenAdapter, GoldenOutput } from "../_suite/golden_plan.ts";
import { card } from "./card.ts";
import { type TerramindConfig, terramindConfigs } from "./config.ts";
import { terramindEmbedder } from "./mod.ts";

function configOf({ config, options }: GoldenCase): TerramindConfig {
  const known = terramindConfigs[card.defaultVariant]!;
  const number = (value: unknown, fallback: number) => typeof value === "number" ? value : fallback;
  return {
    imageSizePx: number(config.img_size ?? config.image_size, known.imageSizePx),
    patchSizePx: number(config.patch_size, known.patchSizePx),
    width: number(config.dim, known.width),
    depth: number(config.depth, known.depth),
    heads: number(config.num_heads, known.heads),
    hidden: number(config.mlp_hidden, known.hidden),
    gated: config.style === "swiglu",
    release: String(options.model_key).startsWith("terramind_v01") ? "v01" : "v1",
  };
}

/** Lays TerraMind's pieces out along a case. */
export const adapter: GoldenAdapter = (golden) => {
  const { modality, normalize, layer_index } = golden.options;
  const embedderOf = (normalization: unknown, config: TerramindConfig): Embedder => {
    const options = {
      ...(typeof normalization === "string" ? { normalization } : {}),
      ...(typeof layer_index === "number" ? { layer_index } : {}),
    };
    const kind = typeof modality === "string" ? { modality } : {};
    return terramindEmbedder(resolveModel(card, { name: card.id, ...kind, options }), config);
  };
  const config = configOf(golden);
  const tap = (name: string): [string, GoldenOutput] => [
    name,
    { needs: [name], read: (outputs) => outputs[name]! },
  ];
  const prepared = (name: string, embedder: Embedder) => () => {
    const { bands } = embedder.model.sensor;
    const patch = goldenPatch(golden.arrays.get("raw")!, { bands, times: [null] });
    return thinnedLike(embedder.prepare(patch).image!, golden.arrays.get(name));
  };
  return imagePlan(golden, {
    embedder: embedderOf(normalize, config),
    outputs: Object.fromEntries(["patch", "tokens_last"].map(tap)),
    prepared: golden.kind === "preprocess"
      ? {
        prepared_v1: prepared("prepared_v1", embedderOf("zscore", config)),
        prepared_v01: prepared("prepared_v01", embedderOf("zscore", { ...config, release: "v01" })),
        prepared_none: prepared("prepared_none", embedderOf("none", config)),
      }
      : {},
  });
};
