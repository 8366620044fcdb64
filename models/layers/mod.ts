/**
 * Layers shared by model families, built from torch's weights under torch's names.
 *
 * @module
 */

export { type Activation, gelu, geluTanh, quickGelu } from "./activation.ts";
export {
  attention,
  type AttentionOptions,
  type AttentionWeights,
  splitQueryKeyValue,
  takeMultiheadAttention,
} from "./attention.ts";
export { type ClassTokenOptions, withClassToken } from "./class_token.ts";
export {
  layerNorm,
  type LayerNormWeights,
  takeLayerNorm,
  type TakeLayerNormOptions,
} from "./layer_norm.ts";
export {
  linear,
  type LinearWeights,
  scaledLinear,
  takeLinear,
  type TakeLinearOptions,
} from "./linear.ts";
export { type Matrix, pseudoInverse, transposeMatrix } from "./matrix.ts";
export { mlp, type MlpOptions, type MlpWeights } from "./mlp.ts";
export {
  asMatrix,
  patchEmbedding,
  type PatchEmbeddingWeights,
  unfoldPatches,
} from "./patch_embedding.ts";
export { resizeKernel } from "./resize_kernel.ts";
export { bicubicMatrix, type BicubicOptions } from "./resize_matrix.ts";
export { resizePositions, type ResizePositionsOptions } from "./resize_positions.ts";
export { sinCos1d, sinCos2d, type SinCos2dOptions, type SinCosOptions } from "./sin_cos.ts";
export { transformerBlock, type TransformerBlockOptions } from "./transformer_block.ts";
