/**
 * Rotary position encodings: queries and keys are turned by angles that depend on the places of their tokens, so
 * that their products depend on how far apart tokens are.
 *
 * Source: Su et al. 2021, arXiv 2104.09864, 3.2.2.
 *
 * @module
 */

import { type LazyTensor, mapTensor } from "../checkpoint/weights.ts";
import { staticDim } from "../onnx/dim.ts";
import { add, concat, type Float, mul, reshape, split, sub } from "../onnx/mod.ts";
import type { LinearWeights } from "./linear.ts";

/**
 * Angles of all tokens: pair `k` of head `h`, of width W, is at `h * W / 2 + k`. Both broadcast to (N, L, D / 2).
 */
export interface Rotation {
  /** Cosines of the angles. */
  readonly cos: Float;
  /** Sines of the angles. */
  readonly sin: Float;
}

/** Every second row from the first one, then every second from the second one. */
function rowsApart(tensor: LazyTensor): LazyTensor {
  const [rows = 0] = tensor.shape;
  if (rows % 2 !== 0) throw new RangeError(`Cannot make pairs of ${rows} rows`);
  return mapTensor(tensor, tensor.shape, (data) => {
    const size = data.length / rows;
    const out = new Float32Array(data.length);
    for (let i = 0; i < rows; i++) {
      const to = (i % 2) * rows / 2 + (i - i % 2) / 2;
      out.set(data.subarray(i * size, (i + 1) * size), to * size);
    }
    return out;
  });
}

/**
 * A linear layer with pairs of neighbours among its results taken apart: the first ones of all pairs, then the
 * second ones, as {@linkcode rotatedHeads} takes them.
 */
export function pairsApart({ weight, bias }: LinearWeights): LinearWeights {
  return { weight: rowsApart(weight), bias: bias && rowsApart(bias) };
}

/**
 * Turns each pair `(a, b)` into `(a cos - b sin, b cos + a sin)`: (N, L, D), pairs apart, to (N, L, heads, W). In a
 * head, too, the first ones of all pairs come first: products of queries and keys are the same in any order.
 */
export function rotatedHeads(
  x: Float,
  { heads, rotation: { cos, sin } }: { readonly heads: number; readonly rotation: Rotation },
): Float {
  const [places, length, width] = x.shape;
  const half = staticDim(width, "a width") / 2;
  const [a, b] = split(x, { axis: 2, sizes: [half, half] }) as [Float, Float];
  const parts = [
    sub(mul(a, cos), mul(b, sin)),
    add(mul(b, cos), mul(a, sin)),
  ];
  return concat(
    parts.map((part) => reshape(part, [places!, length!, heads, half / heads])),
    { axis: 3 },
  );
}
