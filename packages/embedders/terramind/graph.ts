/**
 * The encoder as a graph.
 *
 * Source: Jakubik et al. 2025, arXiv 2504.11171; terrastackai/terratorch, `terramind_vit.py`, `tm_utils.py`.
 *
 * @module
 */

import { type Checkpoint, mapTensor, type Weights, weightsOf } from "@rsembed/models/checkpoint";
import {
  attention,
  gatedMlp,
  gelu,
  layerNorm,
  type LayerNormWeights,
  mlp,
  patchEmbedding,
  patchOutputs,
  splitQueryKeyValue,
  takeLinear,
} from "@rsembed/models/layers";
import { add, type Float, type Graph, graph, input, parameter } from "@rsembed/models/onnx";
import type { InputShapes } from "../embedder.ts";
import type { TerramindConfig } from "./config.ts";

/** What decides the graph. */
export interface TerramindGraphConfig extends TerramindConfig {
  /** What the encoder sees. */
  readonly modality: string;
  /** Block whose tokens are given, from the end if negative. */
  readonly layerIndex: number;
}

/** Bands of each modality. */
export const bandCounts: Readonly<Record<string, number>> = {
  s2l2a: 12,
  s1grd: 2,
  s1rtc: 2,
  dem: 1,
};

/** Names of the modalities in the checkpoint. */
const embeddingNames: Readonly<Record<string, string>> = {
  s2l2a: "untok_sen2l2a@224",
  s1grd: "untok_sen1grd@224",
  s1rtc: "untok_sen1rtc@224",
  dem: "untok_dem@224",
};

/** Keys of everything that is no block of the encoder: the decoder, other modalities, training. */
const leftovers: readonly RegExp[] = [/^(?!encoder\.|encoder_norm\.)/];

/** A norm whose bias some files leave out, as it is zero. */
function takeNorm(weights: Weights, width: number): LayerNormWeights {
  return {
    weight: weights.take("weight", [width]),
    bias: weights.has("bias")
      ? weights.take("bias", [width])
      : { shape: [width], load: () => Promise.resolve(new Float32Array(width)) },
    epsilon: 1e-6,
  };
}

function block(x: Float, weights: Weights, config: TerramindConfig): Float {
  const { width, heads, hidden, gated } = config;
  const take = (name: string, inputs: number, outputs: number) =>
    takeLinear(weights.under(name), { inputs, outputs, bias: !gated });
  const fused = take("attn.qkv.", width, 3 * width);
  const own = { ...splitQueryKeyValue(fused), out: take("attn.proj.", width, width) };
  const mixed = attention(layerNorm(x, takeNorm(weights.under("norm1."), width)), {
    weights: own,
    heads,
  });
  const y = add(x, mixed);
  const normed = layerNorm(y, takeNorm(weights.under("norm2."), width));
  const out = take("mlp.fc2.", hidden, width);
  const first = take("mlp.fc1.", width, hidden);
  if (!gated) return add(y, mlp(normed, { hidden: first, out, activation: gelu }));
  return add(y, gatedMlp(normed, { gate: first, value: take("mlp.fc3.", width, hidden), out }));
}

/**
 * The encoder for `image` (N, C, S, S), normalised. Its outputs: `patch` and `tokens_in` (N, h * w, D), patches
 * alone and placed; `tokens` (N, h * w, D), those of the block that was asked for; `tokens_last`, those of the
 * last, normed; `pooled` (N, D), the mean of `tokens`; `grid` (N, D, h, w).
 *
 * @throws {RsembedError} `corrupt` where the checkpoint lacks keys, has keys left over, or has wrong shapes
 */
export function terramindGraph(
  shapes: InputShapes,
  checkpoint: Checkpoint | null,
  config: TerramindGraphConfig,
): Graph {
  const { imageSizePx, patchSizePx: p, width, depth, modality, layerIndex } = config;
  const bands = bandCounts[modality] ?? 0;
  const shape = [bands, imageSizePx, imageSizePx];
  if (checkpoint === null || `${shapes.image}` !== `${shape}`) {
    throw new TypeError(
      `Cannot build TerraMind for images of (${shapes.image}): a checkpoint and (${shape}) are wanted`,
    );
  }
  const weights = weightsOf(checkpoint, { stripPrefixes: ["module.", "model."] });
  const embed = weights.under(`encoder_embeddings.${embeddingNames[modality]}.`);
  const image = input("image", { dtype: "float32", shape });
  const side = imageSizePx / p;
  const cells = side * side;
  // stored for patches whose channels run fastest
  const flat = embed.take("proj.weight", [width, p * p * bands]);
  const kernel = mapTensor(flat, [width, bands, p, p], (data) =>
    data.map((_, i) => {
      const [row, rest] = [Math.floor(i / (bands * p * p)), i % (bands * p * p)];
      const [band, pixel] = [Math.floor(rest / (p * p)), rest % (p * p)];
      return data[(row * p * p + pixel) * bands + band]!;
    }));
  const patch = patchEmbedding(image, { kernel, bias: null });
  const positions = parameter(embed.take("pos_emb", [1, cells, width]));
  const tokens_in = add(add(patch, positions), parameter(embed.take("mod_emb", [1, 1, width])));
  const layers: Float[] = [];
  for (let i = 0; i < depth; i++) {
    layers.push(block(layers.at(-1) ?? tokens_in, weights.under(`encoder.${i}.`), config));
  }
  const tokens_last = layerNorm(layers.at(-1)!, takeNorm(weights.under("encoder_norm."), width));
  weights.finish(leftovers);
  const tokens = [...layers.slice(0, -1), tokens_last].at(layerIndex)!;
  return graph("terramind", {
    patch,
    tokens_in,
    tokens,
    tokens_last,
    ...patchOutputs(tokens, { height: side, width: side }),
  });
}
