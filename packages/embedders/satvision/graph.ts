/**
 * The encoder as a graph.
 *
 * Source: Liu et al. 2021, arXiv 2111.09883; pytorch-caney, `swinv2.py`.
 *
 * @module
 */

import { type Checkpoint, type Weights, weightsOf } from "@rsembed/models/checkpoint";
import {
  gelu,
  layerNorm,
  linear,
  mergeNeighbours,
  mlp,
  patchEmbedding,
  patchOutputs,
  takeLayerNorm,
  takeLinear,
  windowAttention,
  type Windows,
} from "@rsembed/models/layers";
import { add, type Float, type Graph, graph, input, reduceMean } from "@rsembed/models/onnx";
import type { InputShapes } from "../embedder.ts";
import type { SatvisionConfig } from "./config.ts";
import { takeCosineAttention } from "./cosine_attention.ts";
import { channelCount } from "./prepare.ts";

/** Keys that give no embedding: of training, and tables that are computed. */
const leftovers: readonly RegExp[] = [
  /^decoder\./,
  /^(encoder\.)?mask_token$/,
  /\.attn\.relative_position_index$/,
  /\.attn_mask$/,
];

/** Attention and MLP, each normed after it and then added; every few blocks a norm of all. */
function block(
  x: Float,
  weights: Weights,
  options: { width: number; heads: number; hidden: number; windows: Windows },
): Float {
  const { width, hidden } = options;
  const norm = (name: string) => takeLayerNorm(weights.under(`${name}.`), { width });
  const attention = takeCosineAttention(weights.under("attn."), options);
  const y = add(x, layerNorm(windowAttention(x, attention), norm("norm1")));
  const fed = mlp(y, {
    hidden: takeLinear(weights.under("mlp.fc1."), { inputs: width, outputs: hidden }),
    out: takeLinear(weights.under("mlp.fc2."), { inputs: hidden, outputs: width }),
    activation: gelu,
  });
  const z = add(y, layerNorm(fed, norm("norm2")));
  return weights.has("norm3.weight") ? layerNorm(z, norm("norm3")) : z;
}

/** Windows of a block: every other one is moved by half a window, unless one window is the whole grid. */
function windowsOf(side: number, windowSize: number, index: number): Windows {
  const size = Math.min(side, windowSize);
  const shift = side <= windowSize || index % 2 === 0 ? 0 : Math.floor(size / 2);
  return { grid: [side, side], window: [size, size], shift: [shift, shift] };
}

/**
 * The encoder for `image` (N, 14, S, S), in 0 to 1. Its outputs: `patch_tokens`, `block0` and `block1`
 * (N, tokens, C), before and after the first blocks; `stage0` and on (N, C, h, w), after each stage and its
 * merging; `pooled` (N, D), the mean of the last, normed; `grid` (N, D, h, w), the last stage.
 *
 * @throws {RsembedError} `corrupt` where the checkpoint lacks keys, has keys left over, or has wrong shapes
 */
export function satvisionGraph(
  shapes: InputShapes,
  checkpoint: Checkpoint | null,
  config: SatvisionConfig,
): Graph {
  const { imageSizePx, patchSizePx: p, stages, windowSize, mlpRatio } = config;
  const shape = [channelCount, imageSizePx, imageSizePx];
  if (checkpoint === null || `${shapes.image}` !== `${shape}`) {
    throw new TypeError(
      `Cannot build SatVision for images of (${shapes.image}): a checkpoint and (${shape}) are wanted`,
    );
  }
  const all = weightsOf(checkpoint, { stripPrefixes: ["module.", "model."] });
  const weights = all.under("encoder.");
  const image = input("image", { dtype: "float32", shape });
  const embed = weights.under("patch_embed.");
  let { width } = config;
  let side = imageSizePx / p;
  const patches = patchEmbedding(image, {
    kernel: embed.under("proj.").take("weight", [width, channelCount, p, p]),
    bias: embed.under("proj.").take("bias", [width]),
  });
  let x = layerNorm(patches, takeLayerNorm(embed.under("norm."), { width }));
  const taps: Record<string, Float> = { patch_tokens: x };
  for (const [s, { depth, heads }] of stages.entries()) {
    const stage = weights.under(`layers.${s}.`);
    for (let i = 0; i < depth; i++) {
      const windows = windowsOf(side, windowSize, i);
      const options = { width, heads, hidden: width * mlpRatio, windows };
      x = block(x, stage.under(`blocks.${i}.`), options);
      if (s === 0 && i < 2) taps[`block${i}`] = x;
    }
    if (s < stages.length - 1) {
      const down = stage.under("downsample.");
      const reduction = takeLinear(down.under("reduction."), {
        inputs: 4 * width,
        outputs: 2 * width,
        bias: false,
      });
      const merged = linear(mergeNeighbours(x, side, side), reduction);
      [width, side] = [2 * width, side / 2];
      x = layerNorm(merged, takeLayerNorm(down.under("norm."), { width }));
    }
    taps[`stage${s}`] = patchOutputs(x, { height: side, width: side }).grid;
  }
  const normed = layerNorm(x, takeLayerNorm(weights.under("norm."), { width }));
  all.finish(leftovers);
  const laid = patchOutputs(normed, { height: side, width: side }).grid;
  return graph("satvision", {
    ...taps,
    pooled: reduceMean(laid, { axes: [2, 3] }),
    grid: taps[`stage${stages.length - 1}`]!,
  });
}
