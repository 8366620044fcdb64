/**
 * Operators that reduce or normalise along axes.
 *
 * @module
 */

import { axisOf, type Dim, formatShape, sameDim } from "./dim.ts";
import type { AxisOptions } from "./ops_shape.ts";
import { apply, type Float } from "./value.ts";

/** Options of reductions. */
export interface ReduceOptions {
  /** From 0, or from the end if negative. */
  readonly axes: readonly number[];
  /** Leave the reduced axes in place, of length 1. @default false */
  readonly keepDims?: boolean;
}

function reduce(op: string, x: Float, { axes, keepDims = false }: ReduceOptions): Float {
  const reduced = new Set(axes.map((axis) => axisOf(axis, x.shape.length)));
  if (axes.length === 0 || reduced.size !== axes.length) {
    throw new RangeError(`Cannot reduce ${formatShape(x.shape)} over the axes (${axes})`);
  }
  const shape: Dim[] = [];
  for (const [i, dim] of x.shape.entries()) {
    if (!reduced.has(i)) shape.push(dim);
    else if (keepDims) shape.push(1);
  }
  return apply(op, {
    inputs: [x],
    attributes: {
      axes: { type: "ints", value: [...reduced] },
      keepdims: { type: "int", value: keepDims ? 1 : 0 },
    },
    dtype: x.dtype,
    shape,
  });
}

/** The mean over axes. */
export function reduceMean(x: Float, options: ReduceOptions): Float {
  return reduce("ReduceMean", x, options);
}

/** The square root of the sum of squares over axes. */
export function reduceL2(x: Float, options: ReduceOptions): Float {
  return reduce("ReduceL2", x, options);
}

/** The maximum over axes. */
export function reduceMax(x: Float, options: ReduceOptions): Float {
  return reduce("ReduceMax", x, options);
}

/** `exp(x) / sum(exp(x))` along an axis. */
export function softmax(x: Float, options: AxisOptions): Float {
  const axis = axisOf(options.axis, x.shape.length);
  return apply("Softmax", {
    inputs: [x],
    attributes: { axis: { type: "int", value: axis } },
    dtype: x.dtype,
    shape: x.shape,
  });
}

/** Options of {@linkcode layerNormalization}. */
export interface LayerNormalizationOptions {
  /** Scale, (D,). */
  readonly weight: Float;
  /** Shift, (D,). */
  readonly bias?: Float;
  /** Added to the variance. */
  readonly epsilon: number;
}

/** Mean 0 and variance 1 along the last axis, then scale and shift. */
export function layerNormalization(x: Float, options: LayerNormalizationOptions): Float {
  const { weight, bias, epsilon } = options;
  const last = x.shape.at(-1);
  for (const { shape } of bias ? [weight, bias] : [weight]) {
    if (last === undefined || shape.length !== 1 || !sameDim(shape[0]!, last)) {
      throw new RangeError(
        `Cannot normalise ${formatShape(x.shape)} with weights of shape ${formatShape(shape)}`,
      );
    }
  }
  return apply("LayerNormalization", {
    inputs: bias ? [x, weight, bias] : [x, weight],
    attributes: {
      axis: { type: "int", value: -1 },
      epsilon: { type: "float", value: epsilon },
    },
    dtype: x.dtype,
    shape: x.shape,
  });
}
