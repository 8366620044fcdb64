/**
 * Convolutions with the batch normalisation behind them.
 *
 * @module
 */

import type { LazyTensor, Weights } from "../checkpoint/weights.ts";
import { conv, type Float, parameter } from "../onnx/mod.ts";

/** Options of {@linkcode takeConvNorm}. */
export interface ConvNormOptions {
  /** Channels that it takes. */
  readonly inputs: number;
  /** Channels that it gives. */
  readonly outputs: number;
  /** Side of the kernels, px. */
  readonly side: number;
  /** Added to variances. @default 1e-5, as in torch */
  readonly epsilon?: number;
}

/** A convolution that has taken the normalisation into itself. */
export interface ConvWeights {
  /** (outputs, inputs, side, side). */
  readonly weight: LazyTensor;
  /** (outputs,). */
  readonly bias: LazyTensor;
}

/**
 * Takes a convolution without bias and the batch normalisation behind it, by its running statistics, as one
 * convolution. What is missing or has another shape is left to `weights.finish()` to tell.
 *
 * Source: Ioffe and Szegedy 2015, arXiv 1502.03167, algorithm 2.
 *
 * @param kernel Weights of the convolution
 * @param norm Weights of the normalisation
 */
export function takeConvNorm(
  kernel: Weights,
  norm: Weights,
  options: ConvNormOptions,
): ConvWeights {
  const { inputs, outputs, side, epsilon = 1e-5 } = options;
  const weight = kernel.take("weight", [outputs, inputs, side, side]);
  const [gain, shift, mean, variance] = ["weight", "bias", "running_mean", "running_var"]
    .map((name) => norm.take(name, [outputs])) as [LazyTensor, LazyTensor, LazyTensor, LazyTensor];
  const factors = async (run?: Parameters<LazyTensor["load"]>[0]) => {
    const [g, v] = [await gain.load(run), await variance.load(run)];
    return Float64Array.from(g, (value, i) => value / Math.sqrt(v[i]! + epsilon));
  };
  const size = inputs * side * side;
  return {
    weight: {
      shape: weight.shape,
      async load(run) {
        const [data, factor] = [await weight.load(run), await factors(run)];
        return data.map((value, i) => value * factor[Math.floor(i / size)]!);
      },
    },
    bias: {
      shape: [outputs],
      async load(run) {
        const [b, m, factor] = [await shift.load(run), await mean.load(run), await factors(run)];
        return b.map((value, i) => value - m[i]! * factor[i]!);
      },
    },
  };
}

/** Slides a convolution over images, `side / 2` zeros around them: (N, C, H, W) to (N, outputs, H', W'). */
export function convNorm(x: Float, { weight, bias }: ConvWeights, stride = 1): Float {
  const around = Math.floor(weight.shape[2]! / 2);
  return conv(x, {
    weight: parameter(weight),
    bias: parameter(bias),
    stride: [stride, stride],
    padding: [around, around, around, around],
  });
}
