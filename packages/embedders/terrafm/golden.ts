/**
 * How the reference cases of TerraFM name and shape things.
 *
 * @module
 */

import { resolveModel } from "@rsembed/core";
import type { Embedder } from "../embedder.ts";
import type { GoldenCase } from "../_suite/golden_case.ts";
import { imagePlan } from "../_suite/golden_image.ts";
import type { GoldenAdapter, GoldenOutput } from "../_suite/golden_plan.ts";
import { card } from "./card.ts";
import { type TerrafmConfig, terrafmConfigs } from "./config.ts";
import { terrafmEmbedder } from "./mod.ts";

function configOf({ config }: GoldenCase): TerrafmConfig {
  const known = terrafmConfigs[card.defaultVariant]!;
  const number = (value: unknown, fallback: number) => typeof value === "number" ? value : fallback;
  return {
    imageSizePx: number(config.img_size ?? config.image_size, known.imageSizePx),
    patchSizePx: number(config.patch_size, known.patchSizePx),
    width: number(config.embed_dim, known.width),
    depth: number(config.depth, known.depth),
    heads: number(config.num_heads, known.heads),
  };
}

/** Lays TerraFM's pieces out along a case. */
export const adapter: GoldenAdapter = (golden) => {
  const embedderOf = (modality: string, config: TerrafmConfig): Embedder =>
    terrafmEmbedder(resolveModel(card, { name: card.id, modality }), config);
  const modality = String(golden.options.modality);
  const embedder = embedderOf(modality, configOf(golden));
  const tap = (name: string): GoldenOutput => ({
    needs: [name],
    read: (outputs) => outputs[name]!,
  });
  return imagePlan(golden, {
    embedder,
    outputs: { patch: tap("patch"), block0: tap("block0") },
    // a case of preparation holds both sensors
    preparedBy: (raw) => {
      const own = raw.shape.at(-3) === 2 ? "s1" : "s2";
      return own === modality ? embedder : embedderOf(own, configOf(golden));
    },
  });
};
