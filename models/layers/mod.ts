/**
 * Layers shared by model families, built from torch's weights under torch's names.
 *
 * @example A linear layer of a checkpoint
 * ```ts
 * import { randomCheckpoint, weightsOf } from "@rsembed/models/checkpoint";
 * import { linear, quickGelu, takeLinear } from "@rsembed/models/layers";
 * import { graph, input } from "@rsembed/models/onnx";
 * import assert from "node:assert/strict";
 *
 * const weights = weightsOf(randomCheckpoint({
 *   keys: {
 *     "head.weight": { shape: [2, 3], dtype: "float32" },
 *     "head.bias": { shape: [2], dtype: "float32" },
 *   },
 * }));
 * const x = input("x", { dtype: "float32", shape: [4, 3] });
 * const y = quickGelu(linear(x, takeLinear(weights.under("head."), { inputs: 3, outputs: 2 })));
 * weights.finish();
 * assert.deepEqual(graph("head", { y }).outputs[0]?.shape, [{ batch: 1 }, 4, 2]);
 * ```
 *
 * @module
 */

export { type Activation, gelu, geluTanh, quickGelu } from "./activation.ts";
export {
  attendHeads,
  type AttendHeadsOptions,
  attention,
  type AttentionOptions,
  type AttentionWeights,
  splitQueryKeyValue,
  takeMultiheadAttention,
} from "./attention.ts";
export { type ClassTokenOptions, withClassToken } from "./class_token.ts";
export {
  groupNorm,
  type GroupNormWeights,
  standardize,
  takeGroupNorm,
  type TakeGroupNormOptions,
} from "./group_norm.ts";
export {
  hostAdd,
  hostAttention,
  hostGelu,
  hostLayerNorm,
  hostLinear,
  hostMap,
  hostMatrix,
  hostRows,
  hostStack,
} from "./host_layers.ts";
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
export { convNorm, type ConvNormOptions, type ConvWeights, takeConvNorm } from "./conv_norm.ts";
export { gatedMlp, type GatedMlpWeights, silu } from "./gated_mlp.ts";
export { type HostEncoderOptions, type HostLayer, takeHostEncoderLayer } from "./host_encoder.ts";
export { l2Normalize } from "./l2_normalize.ts";
export { type Matrix, pseudoInverse, transposeMatrix } from "./matrix.ts";
export { mlp, type MlpOptions, type MlpWeights } from "./mlp.ts";
export {
  asMatrix,
  patchEmbedding,
  type PatchEmbeddingWeights,
  unfoldPatches,
} from "./patch_embedding.ts";
export { resizeKernel } from "./resize_kernel.ts";
export { bicubicMatrix, type BicubicOptions, bilinearMatrix } from "./resize_matrix.ts";
export { resizePositions, type ResizePositionsOptions } from "./resize_positions.ts";
export { resizeSquares } from "./resize_squares.ts";
export { pairsApart, rotatedHeads, type Rotation } from "./rotary.ts";
export { sinCos1d, sinCos2d, type SinCos2dOptions, type SinCosOptions } from "./sin_cos.ts";
export {
  takeTimmBlock,
  type TakeTimmBlockOptions,
  timmBlocks,
  type TimmBlocksOptions,
} from "./timm_block.ts";
export { type PatchGrid, type PatchOutputs, patchOutputs } from "./patch_outputs.ts";
export { transformerBlock, type TransformerBlockOptions } from "./transformer_block.ts";
export {
  mergeNeighbours,
  windowAttention,
  type WindowAttentionOptions,
} from "./window_attention.ts";
export { inverseOrder, relativeOffsets, windowMask, windowOrder, type Windows } from "./windows.ts";
export { cropTokens, padTokens } from "./token_box.ts";
export { takePreNormBlock, type TakePreNormBlockOptions } from "./pre_norm_block.ts";
export { meanOf } from "./mean_of.ts";
