/**
 * Multi-head self-attention.
 *
 * @module
 */

import { sliceRows, type Weights } from "../checkpoint/weights.ts";
import { add, type Float, formatShape, matMul, reshape, softmax, transpose } from "../onnx/mod.ts";
import { linear, type LinearWeights, scaledLinear, takeLinear } from "./linear.ts";

/** The linear layers of an attention. */
export interface AttentionWeights {
  readonly query: LinearWeights;
  readonly key: LinearWeights;
  readonly value: LinearWeights;
  /** From the heads' results, one after another, to the width of the tokens. */
  readonly out: LinearWeights;
}

/**
 * Query, key and value of a linear layer that computes them at once, in this order.
 *
 * @param fused (3 D, inputs) and (3 D,)
 */
export function splitQueryKeyValue(
  { weight, bias }: LinearWeights,
): Pick<AttentionWeights, "query" | "key" | "value"> {
  const rows = weight.shape[0]! / 3;
  const part = (i: number): LinearWeights => ({
    weight: sliceRows(weight, i * rows, (i + 1) * rows),
    bias: bias && sliceRows(bias, i * rows, (i + 1) * rows),
  });
  return { query: part(0), key: part(1), value: part(2) };
}

/**
 * Takes the weights of torch's `MultiheadAttention`: `in_proj_weight`, `in_proj_bias`, `out_proj.*`.
 *
 * @param width Width D of the tokens
 * @throws {RsembedError} `corrupt` if one is missing or has another shape
 */
export function takeMultiheadAttention(weights: Weights, width: number): AttentionWeights {
  const fused = {
    weight: weights.take("in_proj_weight", [3 * width, width]),
    bias: weights.take("in_proj_bias", [3 * width]),
  };
  return {
    ...splitQueryKeyValue(fused),
    out: takeLinear(weights.under("out_proj."), { inputs: width, outputs: width }),
  };
}

/** Options of {@linkcode attention}. */
export interface AttentionOptions {
  readonly weights: AttentionWeights;
  readonly heads: number;
  /** Factor of the products of queries and keys. @default 1 / sqrt(width of a head) */
  readonly scale?: number;
  /** Added to the scaled products; broadcast to (N, heads, L, L). */
  readonly mask?: Float;
}

/**
 * `out(softmax(scale * q k^T + mask) v)` for each head: (N, L, D) to (N, L, D).
 *
 * The scale is folded into the weights of the query, and the key is transposed once, where its heads are
 * brought to the front.
 *
 * Source: Vaswani et al. 2017, arXiv 1706.03762.
 */
export function attention(x: Float, options: AttentionOptions): Float {
  const { weights: { query, key, value, out }, heads, mask } = options;
  const [places, length] = x.shape;
  const width = query.weight.shape[0]!;
  if (x.shape.length !== 3 || width % heads !== 0) {
    throw new RangeError(
      `Cannot attend over ${formatShape(x.shape)} with ${heads} heads of ${width} together`,
    );
  }
  const headWidth = width / heads;
  const { scale = headWidth ** -0.5 } = options;
  const project = (layer: LinearWeights, order: readonly number[]) =>
    transpose(reshape(linear(x, layer), [places!, length!, heads, headWidth]), order);

  const q = project(scaledLinear(query, scale), [0, 2, 1, 3]);
  const k = project(key, [0, 2, 3, 1]);
  const v = project(value, [0, 2, 1, 3]);
  const products = matMul(q, k);
  const shares = softmax(mask ? add(products, mask) : products, { axis: -1 });
  const mixed = transpose(matMul(shares, v), [0, 2, 1, 3]);
  return linear(reshape(mixed, [places!, length!, width]), out);
}
