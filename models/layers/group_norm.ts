/**
 * Group normalisation.
 *
 * @module
 */

import type { LazyTensor, Weights } from "../checkpoint/weights.ts";
import { type Dim, dimProduct, staticDim } from "../onnx/dim.ts";
import {
  add,
  batch,
  type Float,
  floats,
  formatShape,
  layerNormalization,
  mul,
  parameter,
  reshape,
} from "../onnx/mod.ts";

/** The weights of a group normalisation. */
export interface GroupNormWeights {
  /** Scale, (C,). */
  readonly weight: LazyTensor;
  /** Shift, (C,). */
  readonly bias: LazyTensor;
  /** Number of groups; it divides the number of channels. */
  readonly groups: number;
  /** Added to the variance. */
  readonly epsilon: number;
}

/** Options of {@linkcode takeGroupNorm}. */
export interface TakeGroupNormOptions {
  /** Number C of channels. */
  readonly channels: number;
  /** Number of groups. */
  readonly groups: number;
  /** Added to the variance. @default 1e-5, as in torch */
  readonly epsilon?: number;
}

/**
 * Takes `weight` and `bias` of a group normalisation.
 * What is missing or has another shape is left to `weights.finish()` to tell.
 */
export function takeGroupNorm(weights: Weights, options: TakeGroupNormOptions): GroupNormWeights {
  const { channels, groups, epsilon = 1e-5 } = options;
  return {
    weight: weights.take("weight", [channels]),
    bias: weights.take("bias", [channels]),
    groups,
    epsilon,
  };
}

/** Mean 0 and variance 1 along the last axis, and nothing learned. */
export function standardize(x: Float, epsilon: number): Float {
  const length = staticDim(x.shape.at(-1), "a normalised axis");
  const weight = floats([length], new Float32Array(length).fill(1));
  return layerNormalization(x, { weight, epsilon });
}

/**
 * Mean 0 and variance 1 of each group of neighbouring channels, then scale and shift by channel: each row of
 * the last axis is normalised alone, (..., C) to (..., C).
 *
 * Source: Wu and He 2018, arXiv 1803.08494, for inputs without further axes.
 */
export function groupNorm(x: Float, { weight, bias, groups, epsilon }: GroupNormWeights): Float {
  const channels = staticDim(x.shape.at(-1), "a number of channels");
  if (channels % groups !== 0) {
    throw new RangeError(`Cannot normalise ${formatShape(x.shape)} in ${groups} groups`);
  }
  const { count, batched } = dimProduct(x.shape.slice(0, -1));
  const rows: Dim = batched ? batch(count) : count;
  const parts = standardize(reshape(x, [rows, groups, channels / groups]), epsilon);
  return add(mul(reshape(parts, x.shape), parameter(weight)), parameter(bias));
}
