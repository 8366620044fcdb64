/**
 * The encoder as a graph.
 *
 * Source: Danish et al. 2025, arXiv 2506.06281; mbzuai-oryx/TerraFM, `terrafm.py`.
 *
 * @module
 */

import {
  type Checkpoint,
  type LazyTensor,
  type Weights,
  weightsOf,
} from "@rsembed/models/checkpoint";
import {
  layerNorm,
  linear,
  patchEmbedding,
  patchOutputs,
  takeLayerNorm,
  takeLinear,
  timmBlocks,
  withClassToken,
} from "@rsembed/models/layers";
import { batch, type Float, type Graph, graph, input, reshape, slice } from "@rsembed/models/onnx";
import type { InputShapes } from "../embedder.ts";
import type { TerrafmConfig } from "./config.ts";

/** What the encoder sees: each has a patch embedding of its own. */
export type TerrafmInput = "s2_l1c" | "s2_l2a" | "s1";

/** Bands of each input. */
export const bandCounts: Readonly<Record<TerrafmInput, number>> = {
  s2_l1c: 12,
  s2_l2a: 12,
  s1: 2,
};

/** Keys that other inputs use, and heads of other tasks. */
const leftovers: readonly RegExp[] = [
  /^patch_embed\.conv2d_(s1|s2_l1c|s2_l2a)\.(weight|bias)$/,
  /^patch_embed\.(s1|s2_l1c|s2_l2a)_embed$/,
  /^head\./,
];

/** The sum of two tensors of equally many values, in the shape of the first. */
function sumOf(a: LazyTensor, b: LazyTensor): LazyTensor {
  return {
    shape: a.shape,
    async load(options) {
      const [left, right] = [await a.load(options), await b.load(options)];
      return left.map((value, i) => value + right[i]!);
    },
  };
}

/** A token for each patch, (N, h * w, D): an embedding of the sensor's own, then projections of all. */
function embedPatches(
  image: Float,
  { weights, config, kind }: { weights: Weights; config: TerrafmConfig; kind: TerrafmInput },
): Float {
  const { patchSizePx: p, width } = config;
  const inner = 3 * width;
  const own = weights.under(`conv2d_${kind}.`);
  const patches = patchEmbedding(image, {
    kernel: own.take("weight", [inner, bandCounts[kind], p, p]),
    // what tells the sensor is the same for all patches, like the bias
    bias: sumOf(own.take("bias", [inner]), weights.take(`${kind}_embed`, [1, inner])),
  });
  const projection = weights.under("projection.");
  const square = { inputs: inner, outputs: inner };
  const first = linear(patches, takeLinear(projection.under("proj1."), { ...square, bias: false }));
  const normed = layerNorm(first, takeLayerNorm(projection.under("norm_input."), { width: inner }));
  const second = linear(normed, takeLinear(projection.under("proj2."), square));
  return linear(second, takeLinear(projection.under("proj3."), { inputs: inner, outputs: width }));
}

/**
 * The encoder for `image` (N, C, S, S), scaled. Its outputs: `patch` (N, h * w, D), the embedded patches;
 * `tokens_in`, `block0` and `tokens` (N, 1 + h * w, D), a class token and the patches before the blocks, after
 * the first, and after the last norm; `pooled` (N, D), the class token; `grid` (N, D, h, w).
 *
 * @throws {RsembedError} `corrupt` where the checkpoint lacks keys, has keys left over, or has wrong shapes
 */
export function terrafmGraph(
  shapes: InputShapes,
  checkpoint: Checkpoint | null,
  { kind, ...config }: TerrafmConfig & { readonly kind: TerrafmInput },
): Graph {
  const { imageSizePx, patchSizePx, width, depth, heads } = config;
  const shape = [bandCounts[kind], imageSizePx, imageSizePx];
  if (checkpoint === null || `${shapes.image}` !== `${shape}`) {
    throw new TypeError(
      `Cannot build TerraFM for images of (${shapes.image}): a checkpoint and (${shape}) are wanted`,
    );
  }
  const weights = weightsOf(checkpoint, { stripPrefixes: ["module."] });
  const image = input("image", { dtype: "float32", shape });
  const patch = embedPatches(image, { weights: weights.under("patch_embed."), config, kind });
  const side = imageSizePx / patchSizePx;
  const positions = weights.take("pos_embed", [1, 1 + side * side, width]);
  const tokens_in = withClassToken(patch, {
    token: weights.take("cls_token", [1, 1, width]),
    positions: { ...positions, shape: [1 + side * side, width] },
  });
  const block0 = timmBlocks(tokens_in, weights, { depth: 1, width, heads });
  const seen = timmBlocks(block0, weights, { first: 1, depth, width, heads });
  const norm = takeLayerNorm(weights.under("norm."), { width, epsilon: 1e-6 });
  const tokens = layerNorm(seen, norm);
  weights.finish(leftovers);
  return graph("terrafm", {
    patch,
    tokens_in,
    block0,
    tokens,
    pooled: reshape(slice(tokens, { axis: 1, start: 0, end: 1 }), [batch(), width]),
    grid: patchOutputs(tokens, { prefix: 1, height: side, width: side }).grid,
  });
}
