/**
 * How the reference cases of AgriFM name and shape things.
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
import { type AgrifmConfig, agrifmConfigs } from "./config.ts";
import { agrifmEmbedder } from "./mod.ts";

type Table = Readonly<Record<string, unknown>>;

function configOf({ config }: GoldenCase): AgrifmConfig {
  const known = agrifmConfigs[card.defaultVariant]!;
  const backbone = (config.backbone_cfg ?? {}) as Table;
  const numbers = <T extends readonly number[]>(key: string, fallback: T): T =>
    Array.isArray(backbone[key])
      ? (backbone[key] as unknown[]).map(Number) as unknown as T
      : fallback;
  return {
    patch: numbers("patch_size", known.patch),
    width: Number(backbone.embed_dim ?? known.width),
    depths: numbers("depths", known.depths),
    heads: numbers("num_heads", known.heads),
    window: numbers("window_size", known.window),
    mlpRatio: Number(backbone.mlp_ratio ?? known.mlpRatio),
  };
}

/** Lays AgriFM's pieces out along a case. */
export const adapter: GoldenAdapter = (golden) => {
  const config = configOf(golden);
  const { image_size, norm_mode, n_frames } = golden.options;
  const raw = golden.arrays.get("raw");
  const embedderOf = (normalization: unknown): Embedder => {
    const options = {
      n_frames: Number(n_frames ?? raw?.shape[0]),
      ...(typeof normalization === "string" ? { normalization } : {}),
      ...(typeof image_size === "number" ? { image_size } : {}),
    };
    return agrifmEmbedder(resolveModel(card, { name: card.id, options }), config);
  };
  const stages = config.depths.map((_, i) => `stage${i}`);
  const prepared = (normalization: string) => () => {
    const embedder = embedderOf(normalization);
    const times = new Array<null>(raw!.shape[0]!).fill(null);
    const patch = goldenPatch(raw!, { bands: embedder.model.sensor.bands, times });
    return thinnedLike(
      embedder.prepare(patch).image!,
      golden.arrays.get(`prepared_${normalization}`),
    );
  };
  const choices = card.options.normalization!.choices!.map(String);
  return imagePlan(golden, {
    embedder: embedderOf(norm_mode),
    placeAxes: 4,
    outputs: Object.fromEntries(
      ["patch_tokens", "block0", "block1", ...stages].map((name): [string, GoldenOutput] => [
        name,
        { needs: [name], read: (outputs) => outputs[name]! },
      ]),
    ),
    prepared: golden.kind === "preprocess"
      ? Object.fromEntries(choices.map((name) => [`prepared_${name}`, prepared(name)]))
      : {},
  });
};
