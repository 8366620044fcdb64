/**
 * How the reference cases of Scale-MAE name and shape things.
 *
 * @module
 */

import { resolveModel } from "@rsembed/core";
import type { GoldenCase } from "../_suite/golden_case.ts";
import { imagePlan } from "../_suite/golden_image.ts";
import type { GoldenAdapter } from "../_suite/golden_plan.ts";
import { card } from "./card.ts";
import { type ScalemaeConfig, scalemaeConfigs } from "./config.ts";
import { scalemaeEmbedder } from "./mod.ts";

function configOf({ config }: GoldenCase): ScalemaeConfig {
  const known = scalemaeConfigs[card.defaultVariant]!;
  const number = (value: unknown, fallback: number) => typeof value === "number" ? value : fallback;
  return {
    patchSizePx: number(config.patch_size, known.patchSizePx),
    width: number(config.embed_dim, known.width),
    depth: number(config.depth, known.depth),
    heads: number(config.num_heads, known.heads),
  };
}

/** Lays Scale-MAE's pieces out along a case. */
export const adapter: GoldenAdapter = (golden) => {
  const { image_size, scale_m } = golden.options;
  const model = resolveModel(card, {
    name: card.id,
    fetch: { scaleM: Number(scale_m) },
    options: { image_size: Number(image_size) },
  });
  return imagePlan(golden, {
    embedder: scalemaeEmbedder(model, configOf(golden)),
    inputs: { prepared: "image", input_res: "input_res" },
  });
};
