/**
 * How the reference cases of FoMo-Net name and shape things.
 *
 * @module
 */

import { ndarray, resolveModel } from "@rsembed/core";
import type { Embedder } from "../embedder.ts";
import type { GoldenArray, GoldenCase } from "../_suite/golden_case.ts";
import { imagePlan } from "../_suite/golden_image.ts";
import { goldenPatch } from "../_suite/golden_patch.ts";
import type { GoldenAdapter } from "../_suite/golden_plan.ts";
import { card } from "./card.ts";
import { type FomoConfig, fomoConfigs } from "./config.ts";
import { fomoEmbedder } from "./mod.ts";

function configOf({ config }: GoldenCase): FomoConfig {
  const known = fomoConfigs[card.defaultVariant]!;
  const number = (value: unknown, fallback: number) => typeof value === "number" ? value : fallback;
  return {
    imageSizePx: number(config.image_size, known.imageSizePx),
    patchSizePx: number(config.patch_size, known.patchSizePx),
    width: number(config.dim, known.width),
    depth: number(config.depth, known.depth),
    heads: number(config.heads, known.heads),
    headWidth: number(config.dim_head, known.headWidth),
    hidden: number(config.mlp_dim, known.hidden),
    spectralRows: number(config.num_spectral, known.spectralRows),
  };
}

/** Lays FoMo-Net's pieces out along a case. */
export const adapter: GoldenAdapter = (golden) => {
  const { norm, spectral_keys } = golden.options;
  const embedderOf = (normalization: unknown): Embedder => {
    const options = {
      ...(typeof normalization === "string" ? { normalization } : {}),
      ...(Array.isArray(spectral_keys) ? { spectral_keys: spectral_keys.join(",") } : {}),
    };
    return fomoEmbedder(resolveModel(card, { name: card.id, options }), configOf(golden));
  };
  const embedder = embedderOf(norm);
  const keys = embedder.graphConfig.spectralKeys as readonly number[];
  const all = card.options.normalization!.choices!.map(String);
  return imagePlan(golden, {
    embedder,
    outputs: { layer0: { needs: ["layer0"], read: ({ layer0 }) => layer0! } },
    prepared: golden.kind === "preprocess"
      ? Object.fromEntries(all.map((choice) => [
        `prepared_${choice}`,
        () => {
          const bands = embedder.model.sensor.bands;
          const patch = goldenPatch(golden.arrays.get("raw")!, { bands, times: [null] });
          return embedderOf(choice).prepare(patch).image!;
        },
      ]))
      : {
        spectral_keys: (): GoldenArray =>
          ndarray("int64", {
            axes: ["band"],
            shape: [keys.length],
            data: BigInt64Array.from(keys, BigInt),
          }),
      },
  });
};
