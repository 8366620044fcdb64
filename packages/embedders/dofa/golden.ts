/**
 * How the reference cases of DOFA name and shape things.
 *
 * @module
 */

import { ndarray, resolveModel } from "@rsembed/core";
import type { Embedder } from "../embedder.ts";
import type { GoldenArray, GoldenCase } from "../_suite/golden_case.ts";
import { imagePlan } from "../_suite/golden_image.ts";
import type { GoldenAdapter } from "../_suite/golden_plan.ts";
import { card } from "./card.ts";
import { type DofaConfig, dofaConfigs } from "./config.ts";
import { dofaEmbedding, type DofaGraphConfig, dofaWeights } from "./graph.ts";
import { dofaEmbedder } from "./mod.ts";

function configOf({ config }: GoldenCase): DofaConfig {
  const known = dofaConfigs[card.defaultVariant]!;
  const number = (value: unknown, fallback: number) => typeof value === "number" ? value : fallback;
  return {
    imageSizePx: number(config.img_size ?? config.image_size, known.imageSizePx),
    patchSizePx: number(config.patch_size, known.patchSizePx),
    width: number(config.embed_dim, known.width),
    depth: number(config.depth, known.depth),
    heads: number(config.num_heads, known.heads),
    waveWidth: number(config.wv_planes, known.waveWidth),
  };
}

/** Lays DOFA's pieces out along a case. */
export const adapter: GoldenAdapter = (golden) => {
  const { options } = golden;
  const embedderOf = (bands: readonly string[]): Embedder => {
    const { wavelengths } = options;
    const model = resolveModel(card, {
      name: card.id,
      sensor: { ...card.modalities.s2!, bands },
      options: Array.isArray(wavelengths) ? { wavelengths: wavelengths.join(",") } : {},
    });
    return dofaEmbedder(model, configOf(golden));
  };
  const own = options.bands as readonly string[] | undefined;
  const embedder = embedderOf(own ?? card.modalities.s2!.bands);
  const graphConfig = embedder.graphConfig as unknown as DofaGraphConfig;
  const { patchSizePx: p, width } = graphConfig;
  const bands = graphConfig.wavelengthsUm.length;
  const plan = imagePlan(golden, {
    embedder,
    // a case of preparation holds several selections of bands
    preparedBy: (raw) =>
      own ? embedder : embedderOf(card.modalities.s2!.bands.slice(0, raw.shape.at(-3))),
  });
  if (plan.encoder === null) return plan;
  return {
    ...plan,
    prepared: {
      ...plan.prepared,
      wavelengths: (): GoldenArray =>
        ndarray("float32", {
          axes: ["band"],
          shape: [bands],
          data: Float32Array.from(graphConfig.wavelengthsUm),
        }),
    },
    folded: {
      // the middle row of the kernels
      kernel_sample: async (checkpoint) => {
        const kernel = await dofaEmbedding(dofaWeights(checkpoint), graphConfig).kernel.load();
        const row = Math.floor(p / 2);
        const data = kernel.filter((_, i) => Math.floor(i / p) % p === row);
        return ndarray("float32", { axes: ["d", "band", "x"], shape: [width, bands, p], data });
      },
      kernel_bias: async (checkpoint) => {
        const data = await dofaEmbedding(dofaWeights(checkpoint), graphConfig).bias.load();
        return ndarray("float32", { axes: ["d"], shape: [width], data });
      },
    },
  };
};
