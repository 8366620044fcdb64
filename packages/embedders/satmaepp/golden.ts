/**
 * How the reference cases of SatMAE++ name and shape things.
 *
 * @module
 */

import { type OptionValue, resolveModel } from "@rsembed/core";
import type { Embedder } from "../embedder.ts";
import type { GoldenCase } from "../_suite/golden_case.ts";
import { imagePlan } from "../_suite/golden_image.ts";
import type { GoldenAdapter, GoldenOutput } from "../_suite/golden_plan.ts";
import { card } from "./card.ts";
import { type SatmaeppConfig, satmaeppConfigs } from "./config.ts";
import { satmaeppEmbedder } from "./mod.ts";

function configOf({ config, options }: GoldenCase): SatmaeppConfig {
  const number = (value: unknown, fallback: number) => typeof value === "number" ? value : fallback;
  const known = satmaeppConfigs[options.modality === "s2_10b" ? "s2_10b" : "rgb"]!;
  const sizes = {
    imageSizePx: number(options.image_size, known.imageSizePx),
    patchSizePx: number(config.patch_size, known.patchSizePx),
    width: number(config.embed_dim, known.width),
    depth: number(config.depth, known.depth),
    heads: number(config.num_heads, known.heads),
  };
  return known.kind === "rgb"
    ? { kind: "rgb", ...sizes }
    : { kind: "s2_10b", ...sizes, channelWidth: number(config.channel_embed, known.channelWidth) };
}

function embedderOf(golden: GoldenCase, more: Record<string, OptionValue> = {}): Embedder {
  const { modality, channel_order } = golden.options;
  const model = resolveModel(card, {
    name: card.id,
    modality: String(modality),
    options: { ...(typeof channel_order === "string" ? { channel_order } : {}), ...more },
  });
  return satmaeppEmbedder(model, configOf(golden));
}

/** Lays SatMAE++'s pieces out along a case. */
export const adapter: GoldenAdapter = (golden) => {
  const reduced = (group_reduce: string): GoldenOutput => {
    const embedder = embedderOf(golden, { group_reduce });
    const output = { mode: "grid", orientation: "native" } as const;
    return {
      needs: embedder.outputs(output),
      read: (outputs) => embedder.readout(outputs, output),
    };
  };
  return imagePlan(golden, {
    embedder: embedderOf(golden),
    outputs: golden.options.modality === "s2_10b"
      ? { grid_mean: reduced("mean"), grid_max: reduced("max") }
      : {},
  });
};
