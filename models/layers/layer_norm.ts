/**
 * Layer normalisation.
 *
 * @module
 */

import type { LazyTensor, Weights } from "../checkpoint/weights.ts";
import { type Float, layerNormalization, parameter } from "../onnx/mod.ts";

/** The weights of a layer normalisation. */
export interface LayerNormWeights {
  /** Scale, (D,). */
  readonly weight: LazyTensor;
  /** Shift, (D,). */
  readonly bias: LazyTensor;
  /** Added to the variance. */
  readonly epsilon: number;
}

/** Options of {@linkcode takeLayerNorm}. */
export interface TakeLayerNormOptions {
  /** Length D of the normalised axis. */
  readonly width: number;
  /** Added to the variance. @default 1e-5, as in torch */
  readonly epsilon?: number;
}

/**
 * Takes `weight` and `bias` of a layer normalisation.
 * What is missing or has another shape is left to `weights.finish()` to tell.
 */
export function takeLayerNorm(weights: Weights, options: TakeLayerNormOptions): LayerNormWeights {
  const { width, epsilon = 1e-5 } = options;
  return { weight: weights.take("weight", [width]), bias: weights.take("bias", [width]), epsilon };
}

/** Mean 0 and variance 1 along the last axis, then scale and shift. */
export function layerNorm(x: Float, { weight, bias, epsilon }: LayerNormWeights): Float {
  return layerNormalization(x, { weight: parameter(weight), bias: parameter(bias), epsilon });
}
