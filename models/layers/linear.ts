/**
 * Linear layers.
 *
 * @module
 */

import { type LazyTensor, mapTensor, transposed, type Weights } from "../checkpoint/weights.ts";
import { type Dim, dimProduct } from "../onnx/dim.ts";
import { batch, type Float, gemm, parameter, reshape } from "../onnx/mod.ts";

/** The weights of a linear layer, as torch keeps them. */
export interface LinearWeights {
  /** (outputs, inputs). */
  readonly weight: LazyTensor;
  /** (outputs,). */
  readonly bias: LazyTensor | null;
}

/** Options of {@linkcode takeLinear}. */
export interface TakeLinearOptions {
  /** Length of the axis that it takes. */
  readonly inputs: number;
  /** Length of the axis that it gives. */
  readonly outputs: number;
  /** Whether there is a bias. @default true */
  readonly bias?: boolean;
}

/**
 * Takes `weight` and `bias` of a linear layer.
 * What is missing or has another shape is left to `weights.finish()` to tell.
 */
export function takeLinear(weights: Weights, options: TakeLinearOptions): LinearWeights {
  const { inputs, outputs, bias = true } = options;
  return {
    weight: weights.take("weight", [outputs, inputs]),
    bias: bias ? weights.take("bias", [outputs]) : null,
  };
}

/** A linear layer with its results multiplied by `factor`, at no cost when it runs. */
export function scaledLinear({ weight, bias }: LinearWeights, factor: number): LinearWeights {
  const scale = (tensor: LazyTensor) =>
    mapTensor(tensor, tensor.shape, (data) => data.map((x) => x * factor));
  return { weight: scale(weight), bias: bias && scale(bias) };
}

/**
 * `x @ weight.T + bias` over the last axis: (..., inputs) to (..., outputs).
 *
 * One matrix product over all leading axes, on weights transposed once, when they are written: the fastest form
 * on the CPU runtime.
 */
export function linear(x: Float, { weight, bias }: LinearWeights): Float {
  const outer = x.shape.slice(0, -1);
  const { count, batched } = dimProduct(outer);
  const rows: Dim = batched ? batch(count) : count;
  const flat = outer.length === 1 ? x : reshape(x, [rows, x.shape.at(-1)!]);
  const y = gemm(flat, {
    weight: parameter(transposed(weight)),
    bias: bias ? parameter(bias) : undefined,
  });
  return outer.length === 1 ? y : reshape(y, [...outer, weight.shape[0]!]);
}
