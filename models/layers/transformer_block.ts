/**
 * The block that vision transformers repeat.
 *
 * @module
 */

import { add, type Float } from "../onnx/mod.ts";
import type { Activation } from "./activation.ts";
import { attention, type AttentionOptions } from "./attention.ts";
import { layerNorm, type LayerNormWeights } from "./layer_norm.ts";
import { mlp, type MlpWeights } from "./mlp.ts";

/** Weights and choices of a block. */
export interface TransformerBlockOptions {
  /** Before the attention. */
  readonly norm1: LayerNormWeights;
  /** Weights and heads. */
  readonly attention: AttentionOptions;
  /** Before the MLP. */
  readonly norm2: LayerNormWeights;
  /** Its linear layers. */
  readonly mlp: MlpWeights;
  /** That of the MLP. */
  readonly activation: Activation;
}

/**
 * Attention and two linear layers, each on normalised tokens and added to them: (N, L, D) to (N, L, D).
 *
 * Source: Dosovitskiy et al. 2020, arXiv 2010.11929, equations 2 and 3.
 */
export function transformerBlock(x: Float, options: TransformerBlockOptions): Float {
  const { norm1, norm2, activation } = options;
  const y = add(x, attention(layerNorm(x, norm1), options.attention));
  return add(y, mlp(layerNorm(y, norm2), { ...options.mlp, activation }));
}
