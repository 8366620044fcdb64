/**
 * The encoder of a masked autoencoder over one image, nothing masked.
 *
 * @module
 */

import type { Weights } from "@rsembed/models/checkpoint";
import {
  layerNorm,
  patchEmbedding,
  takeLayerNorm,
  timmBlocks,
  withClassToken,
} from "@rsembed/models/layers";
import type { Float } from "@rsembed/models/onnx";

/** Sizes of an encoder. */
export interface MaeConfig {
  /** Side of the image, px: positions are stored for this one. */
  readonly imageSizePx: number;
  /** Side of a patch, px. */
  readonly patchSizePx: number;
  /** Width of the encoder, and length of an embedding. */
  readonly width: number;
  /** Number of blocks. */
  readonly depth: number;
  /** Heads of attention. */
  readonly heads: number;
}

/** Tokens before and after the blocks, the class token first, (N, 1 + h * w, D). */
export interface MaeTokens {
  readonly tokens_in: Float;
  readonly tokens: Float;
}

/**
 * Patches with stored positions, a class token, blocks and a last norm; keys as the authors of MAE name them.
 *
 * Source: He et al. 2021, arXiv 2111.06377; `models_mae.py` of facebookresearch/mae.
 *
 * @param image (N, 3, S, S)
 * @param epsilon Added to variances by all norms
 */
export function maeEncoder(
  image: Float,
  { weights, config, epsilon }: { weights: Weights; config: MaeConfig; epsilon: number },
): MaeTokens {
  const { imageSizePx, patchSizePx, width, depth, heads } = config;
  const cells = (imageSizePx / patchSizePx) ** 2;
  const projection = weights.under("patch_embed.proj.");
  const patches = patchEmbedding(image, {
    kernel: projection.take("weight", [width, 3, patchSizePx, patchSizePx]),
    bias: projection.take("bias", [width]),
  });
  const positions = weights.take("pos_embed", [1, 1 + cells, width]);
  const tokens_in = withClassToken(patches, {
    token: weights.take("cls_token", [1, 1, width]),
    positions: { ...positions, shape: [1 + cells, width] },
  });
  const seen = timmBlocks(tokens_in, weights, { depth, width, heads, epsilon });
  const tokens = layerNorm(seen, takeLayerNorm(weights.under("norm."), { width, epsilon }));
  return { tokens_in, tokens };
}
