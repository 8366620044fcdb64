/**
 * How the reference cases of SatMAE name and shape things.
 *
 * @module
 */

import { resolveModel } from "@rsembed/core";
import type { GoldenCase } from "../_suite/golden_case.ts";
import { imagePlan } from "../_suite/golden_image.ts";
import type { GoldenAdapter } from "../_suite/golden_plan.ts";
import { card } from "./card.ts";
import { type SatmaeConfig, satmaeConfigs } from "./config.ts";
import { satmaeEmbedder } from "./mod.ts";

function configOf({ config, options }: GoldenCase): SatmaeConfig {
  const known = satmaeConfigs[card.defaultVariant]!;
  const number = (value: unknown, fallback: number) => typeof value === "number" ? value : fallback;
  const numbers = (value: unknown, fallback: readonly number[]) =>
    Array.isArray(value) ? value.map(Number) : fallback;
  return {
    imageSizePx: number(options.image_size, known.imageSizePx),
    patchSizePx: number(config.patch_size, known.patchSizePx),
    width: number(config.embed_dim, known.width),
    depth: number(config.depth, known.depth),
    heads: number(config.num_heads, known.heads),
    statistics: {
      mean: numbers(config.img_mean, known.statistics.mean),
      std: numbers(config.img_std, known.statistics.std),
    },
  };
}

/** Lays SatMAE's pieces out along a case. */
export const adapter: GoldenAdapter = (golden) =>
  imagePlan(golden, {
    embedder: satmaeEmbedder(resolveModel(card, { name: card.id }), configOf(golden)),
  });
