/**
 * The image tower as a graph.
 *
 * Source: open_clip, `src/open_clip/transformer.py`, `VisionTransformer`; facts in its paper, Radford et al.
 * 2021, arXiv 2103.00020.
 *
 * @module
 */

import { type Checkpoint, type Weights, weightsOf } from "@rsembed/models/checkpoint";
import {
  gelu,
  layerNorm,
  patchEmbedding,
  quickGelu,
  resizePositions,
  takeLayerNorm,
  takeLinear,
  takeMultiheadAttention,
  transformerBlock,
  type TransformerBlockOptions,
  withClassToken,
} from "@rsembed/models/layers";
import {
  batch,
  gemm,
  type Graph,
  graph,
  input,
  parameter,
  reduceMean,
  reshape,
  slice,
  transpose,
} from "@rsembed/models/onnx";
import type { InputShapes } from "../embedder.ts";
import type { RemoteclipConfig } from "./config.ts";

/** What decides the graph. */
export interface RemoteclipGraphConfig extends RemoteclipConfig {
  readonly activation: "gelu" | "quick_gelu";
}

/** Keys of the text tower, which embeds no images. */
const textTower: readonly RegExp[] = [
  /^transformer\.resblocks\.\d+\./,
  /^token_embedding\.weight$/,
  /^positional_embedding$/,
  /^ln_final\.(weight|bias)$/,
  /^text_projection$/,
  /^logit_scale$/,
];

/** What a block of a tower is like. */
export interface ClipBlockOptions extends Pick<RemoteclipGraphConfig, "activation"> {
  readonly width: number;
  readonly heads: number;
}

/** Takes the weights of a block, of either tower. */
export function takeClipBlock(
  weights: Weights,
  { width, heads, activation }: ClipBlockOptions,
): TransformerBlockOptions {
  const hidden = weights.shapeOf("mlp.c_fc.weight")?.[0] ?? 4 * width;
  return {
    norm1: takeLayerNorm(weights.under("ln_1."), { width }),
    attention: { weights: takeMultiheadAttention(weights.under("attn."), width), heads },
    norm2: takeLayerNorm(weights.under("ln_2."), { width }),
    mlp: {
      hidden: takeLinear(weights.under("mlp.c_fc."), { inputs: width, outputs: hidden }),
      out: takeLinear(weights.under("mlp.c_proj."), { inputs: hidden, outputs: width }),
    },
    activation: activation === "gelu" ? gelu : quickGelu,
  };
}

/**
 * The image tower for `image` (N, 3, S, S). Its outputs: `tokens` (N, h * w, D), the patch tokens of the last
 * block; `pooled` (N, D), their mean; `grid` (N, D, h, w); `projection` (N, E), the class token in the space
 * shared with text, not normalised.
 *
 * @throws {RsembedError} `corrupt` where the checkpoint lacks keys, has keys left over, or has wrong shapes
 */
export function remoteclipGraph(
  shapes: InputShapes,
  checkpoint: Checkpoint | null,
  config: RemoteclipGraphConfig,
): Graph {
  const { imageSizePx, patchSizePx, width, layers, headWidth, embedDim, activation } = config;
  const [bands, height, across] = shapes.image ?? [];
  if (checkpoint === null || bands !== 3 || height === undefined || height !== across) {
    throw new TypeError(
      `Cannot build RemoteCLIP for images of (${shapes.image}): a checkpoint and (3, S, S) are wanted`,
    );
  }
  const all = weightsOf(checkpoint, { stripPrefixes: ["module.", "model."] });
  const weights = all.under("visual.");
  const image = input("image", { dtype: "float32", shape: [3, height, across] });
  const kernel = weights.under("conv1.").take("weight", [width, 3, patchSizePx, patchSizePx]);
  const trained = imageSizePx / patchSizePx;
  const side = height / patchSizePx;
  const positions = resizePositions(
    weights.take("positional_embedding", [1 + trained ** 2, width]),
    { from: [trained, trained], to: [side, side], prefix: 1, antialias: true },
  );

  let x = withClassToken(patchEmbedding(image, { kernel, bias: null }), {
    token: weights.take("class_embedding", [width]),
    positions,
  });
  x = layerNorm(x, takeLayerNorm(weights.under("ln_pre."), { width }));
  for (let i = 0; i < layers; i++) {
    const own = weights.under(`transformer.resblocks.${i}.`);
    x = transformerBlock(x, takeClipBlock(own, { width, heads: width / headWidth, activation }));
  }

  const tokens = slice(x, { axis: 1, start: 1, end: 1 + side ** 2 });
  const first = reshape(slice(x, { axis: 1, start: 0, end: 1 }), [batch(), width]);
  const projection = gemm(layerNorm(first, takeLayerNorm(weights.under("ln_post."), { width })), {
    weight: parameter(weights.take("proj", [width, embedDim])),
  });
  all.finish(textTower);
  const grid = reshape(transpose(tokens, [0, 2, 1]), [batch(), width, side, side]);
  // over the last axes the runtime sums in one order, whatever the batch size
  const pooled = reduceMean(grid, { axes: [2, 3] });
  return graph("remoteclip", { tokens, pooled, grid, projection });
}
