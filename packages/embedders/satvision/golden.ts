/**
 * How the reference cases of SatVision name and shape things.
 *
 * @module
 */

import { ndarray, type Pixels, resolveModel } from "@rsembed/core";
import type { GoldenArray, GoldenCase } from "../_suite/golden_case.ts";
import { imagePlan } from "../_suite/golden_image.ts";
import type { GoldenAdapter, GoldenOutput, GoldenPlan } from "../_suite/golden_plan.ts";
import { card } from "./card.ts";
import { type SatvisionConfig, satvisionConfigs } from "./config.ts";
import { satvisionEmbedder } from "./mod.ts";
import { assembleProxy, scaledToa, stretchedImage } from "./prepare.ts";

function configOf({ config }: GoldenCase): SatvisionConfig {
  const known = satvisionConfigs[card.defaultVariant]!;
  const number = (value: unknown, fallback: number) => typeof value === "number" ? value : fallback;
  const { depths, num_heads } = config;
  return {
    imageSizePx: number(config.img_size, known.imageSizePx),
    patchSizePx: number(config.patch_size, known.patchSizePx),
    width: number(config.embed_dim, known.width),
    stages: Array.isArray(depths) && Array.isArray(num_heads)
      ? depths.map((depth, i) => ({ depth: Number(depth), heads: Number(num_heads[i]) }))
      : known.stages,
    windowSize: number(config.window_size, known.windowSize),
    mlpRatio: number(config.mlp_ratio, known.mlpRatio),
  };
}

/** Planes of a stored array. */
function planes(data: Float32Array<ArrayBuffer>, like: GoldenArray): GoldenArray {
  const [height = 0, width = 0] = like.shape.slice(-2);
  const count = data.length / (height * width);
  return ndarray("float32", { axes: ["band", "y", "x"], shape: [count, height, width], data });
}

/** Every fourth row and column, which is all that a case stores of a resized image. */
function thinned({ data, shape }: GoldenArray): GoldenArray {
  const [count = 0, height = 0, width = 0] = shape;
  const [h, w] = [height / 4, width / 4];
  const kept = Float32Array.from({ length: count * h * w }, (_, i) => {
    const [plane, y, x] = [Math.floor(i / (h * w)), Math.floor(i / w) % h, i % w];
    return Number(data[(plane * height + 4 * y) * width + 4 * x]);
  });
  return ndarray("float32", { axes: ["band", "y", "x"], shape: [count, h, w], data: kept });
}

function preparations(golden: GoldenCase, sizePx: number): GoldenPlan {
  const stored = (name: string) =>
    golden.arrays.get(name) as GoldenArray & { data: Float32Array<ArrayBuffer> };
  const scaled = (name: string, normalization: "raw" | "auto", divisor = 100) => () =>
    planes(scaledToa(stored(name).data, { normalization, divisor }), stored(name));
  const resized = (name: string) => () => {
    const { data, shape } = stored(name);
    const pixels = ndarray("float32", {
      axes: ["t", "band", "y", "x"],
      shape: [1, shape[0]!, shape[1]!, shape[2]!],
      data,
    }) as Pixels;
    return thinned(stretchedImage(data, { pixels, sizePx }) as GoldenArray);
  };
  return {
    sources: [...golden.arrays.keys()].filter((name) => /^(raw|resize_in|proxy_mod)/.test(name)),
    prepared: {
      normalized_raw: scaled("raw", "raw"),
      normalized_auto: scaled("raw", "auto"),
      normalized_refdiv50: scaled("raw", "raw", 50),
      normalized_unit_auto: scaled("raw_unit", "auto"),
      resize_out_up: resized("resize_in_up"),
      resize_out_down: resized("resize_in_down"),
      resize_out_rect: resized("resize_in_rect"),
      proxy_assembled: () => {
        const [reflectance, temperature] = [stored("proxy_mod09"), stored("proxy_mod21")];
        const all = Float32Array.from([...reflectance.data, ...temperature.data]);
        return planes(assembleProxy(all), reflectance);
      },
    },
    encoder: null,
  };
}

/** Lays SatVision's pieces out along a case. */
export const adapter: GoldenAdapter = (golden) => {
  const config = configOf(golden);
  if (golden.kind === "preprocess") return preparations(golden, config.imageSizePx);
  const taps = ["patch_tokens", "block0", "block1", ...config.stages.map((_, i) => `stage${i}`)];
  return imagePlan(golden, {
    embedder: satvisionEmbedder(resolveModel(card, { name: card.id, modality: "toa" }), config),
    outputs: Object.fromEntries(
      taps.map((name): [string, GoldenOutput] => [
        name,
        { needs: [name], read: (outputs) => outputs[name]! },
      ]),
    ),
  });
};
