/**
 * The encoder as a graph.
 *
 * Source: Xiong et al. 2024, arXiv 2403.15356; zhu-xlab/DOFA, `dofa_v1.py`.
 *
 * @module
 */

import { type Checkpoint, type Weights, weightsOf } from "@rsembed/models/checkpoint";
import {
  layerNorm,
  type LayerNormWeights,
  patchEmbedding,
  patchOutputs,
  timmBlocks,
  withClassToken,
} from "@rsembed/models/layers";
import { type Float, type Graph, graph, input, pad, slice } from "@rsembed/models/onnx";
import type { InputShapes } from "../embedder.ts";
import type { DofaConfig } from "./config.ts";
import { type GeneratedEmbedding, generateEmbedding } from "./generator.ts";

/** What decides the graph. */
export interface DofaGraphConfig extends DofaConfig {
  /** Central wavelengths of the bands, micrometres. */
  readonly wavelengthsUm: readonly number[];
}

/** Keys that give no embedding: of training, of tasks, and the norm that the other one stands in for. */
const leftovers: readonly RegExp[] = [
  /^mask_token$/,
  /^projector\./,
  /^head\./,
  /^(fc_)?norm\.(weight|bias)$/,
];

/** The weights, under whatever prefix a publisher put. */
export function dofaWeights(checkpoint: Checkpoint): Weights {
  const stripPrefixes = ["module.", "backbone.", "encoder.", "vit_model.", "model."];
  return weightsOf(checkpoint, { stripPrefixes });
}

/** The patch embedding for the bands of a model. */
export function dofaEmbedding(weights: Weights, config: DofaGraphConfig): GeneratedEmbedding {
  return generateEmbedding(weights.under("patch_embed."), config, config.wavelengthsUm);
}

/** The norm of the pooled vector; the published files have it under the name of the one before pooling. */
function takePooledNorm(weights: Weights, width: number): LayerNormWeights {
  const take = (part: "weight" | "bias") =>
    weights.take(weights.has(`fc_norm.${part}`) ? `fc_norm.${part}` : `norm.${part}`, [width]);
  return { weight: take("weight"), bias: take("bias"), epsilon: 1e-6 };
}

/** The pixels that patches cover: the authors' convolution begins one pixel outside of the image. */
function shifted(image: Float, sidePx: number): Float {
  return [-2, -1].reduce((x, axis) => {
    const begun = pad(x, { axis, before: 1 });
    return slice(begun, { axis, start: 0, end: sidePx });
  }, image);
}

/**
 * The encoder for `image` (N, C, S, S), normalised. Its outputs: `tokens_in` (N, 1 + h * w, D), a class token and
 * the patches before the blocks; `tokens` (N, h * w, D), the patches after them; `pooled` (N, D), the mean of the
 * patches, normalised; `grid` (N, D, h, w).
 *
 * @throws {RsembedError} `corrupt` where the checkpoint lacks keys, has keys left over, or has wrong shapes
 */
export function dofaGraph(
  shapes: InputShapes,
  checkpoint: Checkpoint | null,
  config: DofaGraphConfig,
): Graph {
  const { imageSizePx, patchSizePx, width, depth, heads, wavelengthsUm } = config;
  const shape = [wavelengthsUm.length, imageSizePx, imageSizePx];
  if (checkpoint === null || `${shapes.image}` !== `${shape}`) {
    throw new TypeError(
      `Cannot build DOFA for images of (${shapes.image}): a checkpoint and (${shape}) are wanted`,
    );
  }
  const weights = dofaWeights(checkpoint);
  const image = input("image", { dtype: "float32", shape });
  const side = imageSizePx / patchSizePx;
  const cells = side * side;
  const patches = patchEmbedding(shifted(image, imageSizePx), dofaEmbedding(weights, config));
  const positions = weights.take("pos_embed", [1, 1 + cells, width]);
  const tokens_in = withClassToken(patches, {
    token: weights.take("cls_token", [1, 1, width]),
    positions: { ...positions, shape: [1 + cells, width] },
  });
  const seen = timmBlocks(tokens_in, weights, { depth, width, heads });
  const norm = takePooledNorm(weights, width);
  weights.finish(leftovers);
  const tokens = slice(seen, { axis: 1, start: 1, end: 1 + cells });
  const { pooled, grid } = patchOutputs(tokens, { height: side, width: side });
  return graph("dofa", { tokens_in, tokens, pooled: layerNorm(pooled, norm), grid });
}
