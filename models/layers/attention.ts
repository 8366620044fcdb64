/**
 * Multi-head self-attention.
 *
 * @module
 */

import { sliceRows, type Weights } from "../checkpoint/weights.ts";
import { broadcast, staticDim } from "../onnx/dim.ts";
import {
  add,
  concat,
  type Float,
  formatShape,
  matMul,
  reshape,
  slice,
  type SliceOptions,
  softmax,
  transpose,
} from "../onnx/mod.ts";
import { linear, type LinearWeights, scaledLinear, takeLinear } from "./linear.ts";
import { pairsApart, rotatedHeads, type Rotation } from "./rotary.ts";

/** The linear layers of an attention. */
export interface AttentionWeights {
  /** What a token looks for. */
  readonly query: LinearWeights;
  /** What a token is found by. */
  readonly key: LinearWeights;
  /** What a token says. */
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
 * What is missing or has another shape is left to `weights.finish()` to tell.
 *
 * @param width Width D of the tokens
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

/**
 * Most products of queries and keys of one place held at once. All of them, for thousands of tokens, take
 * gigabytes; parts of this size (4 MiB) run as fast or faster, as they stay in the processor's cache.
 */
const mostProducts = 2 ** 20;

/**
 * Most parts that queries are taken in: each is some nodes of the graph, and sessions take longer to open than to
 * run where there are thousands (4096 tokens in 192 parts and 12 blocks: 13 s and 5 s; in 64 parts: 2 s and 4 s).
 */
const mostParts = 64;

/** Options of {@linkcode attention}. */
export interface AttentionOptions {
  /** Its linear layers. */
  readonly weights: AttentionWeights;
  /** Number of heads; it divides the width. */
  readonly heads: number;
  /** Factor of the products of queries and keys. @default 1 / sqrt(width of a head) */
  readonly scale?: number;
  /** Added to the scaled products; broadcasts to (N, heads, L, L). */
  readonly mask?: Float;
  /** Turns queries and keys, in pairs of neighbours. @default not turned */
  readonly rotation?: Rotation;
}

/** Rows of queries or of their mask; all of them, or the only one, are taken as they are. */
function rowsOf(x: Float, rows: SliceOptions): Float {
  const side = x.shape.at(-2);
  return side === undefined || side === 1 || side === rows.end - rows.start ? x : slice(x, rows);
}

/** Queries, keys and values, the heads apart. */
export interface AttendHeadsOptions {
  /** Already scaled, (N, heads, L, W), or (heads, L, W), the same for all places. */
  readonly query: Float;
  /** (N, heads, W, M). */
  readonly key: Float;
  /** (N, heads, M, W). */
  readonly value: Float;
  /** Added to the products; broadcasts to (N, heads, L, M). */
  readonly mask?: Float;
}

/**
 * `softmax(q k + mask) v` for each head, (N, heads, L, W); of many tokens the queries are taken one part after
 * another.
 */
export function attendHeads({ query, key, value, mask }: AttendHeadsOptions): Float {
  const [places, heads] = key.shape;
  const length = staticDim(query.shape.at(-2), "a number of queries");
  const keys = staticDim(key.shape[3], "a number of keys");
  const perPlace = staticDim(heads, "a number of heads") * length * keys;
  if (mask) broadcast([places!, heads!, length, keys], mask.shape);
  const size = Math.ceil(length / Math.min(mostParts, Math.ceil(perPlace / mostProducts)));
  const parts: Float[] = [];
  for (let start = 0; start < length; start += size) {
    const rows = { axis: -2, start, end: Math.min(length, start + size) };
    const products = matMul(rowsOf(query, rows), key);
    const masked = mask ? add(products, rowsOf(mask, rows)) : products;
    parts.push(matMul(softmax(masked, { axis: -1 }), value));
  }
  return parts.length === 1 ? parts[0]! : concat(parts, { axis: 2 });
}

/**
 * `out(softmax(scale * q k^T + mask) v)` for each head: (N, L, D) to (N, L, D).
 *
 * The scale is folded into the weights of the query, the key is transposed once, where its heads are brought
 * to the front; the rest is {@linkcode attendHeads}.
 *
 * Source: Vaswani et al. 2017, arXiv 1706.03762.
 */
export function attention(x: Float, options: AttentionOptions): Float {
  const { weights: { query, key, value, out }, heads, mask, rotation } = options;
  const width = query.weight.shape[0]!;
  if (x.shape.length !== 3 || width % heads !== 0) {
    throw new RangeError(
      `Cannot attend over ${formatShape(x.shape)} with ${heads} heads of ${width} together`,
    );
  }
  const places = x.shape[0]!;
  const length = staticDim(x.shape[1], "a number of tokens");
  const headWidth = width / heads;
  const { scale = headWidth ** -0.5 } = options;
  const project = (layer: LinearWeights) =>
    reshape(linear(x, layer), [places, length, heads, headWidth]);
  const turned = (layer: LinearWeights) =>
    rotation ? rotatedHeads(linear(x, pairsApart(layer)), { heads, rotation }) : project(layer);

  const q = transpose(turned(scaledLinear(query, scale)), [0, 2, 1, 3]);
  const k = transpose(turned(key), [0, 2, 3, 1]);
  const v = transpose(project(value), [0, 2, 1, 3]);
  const attended = attendHeads({ query: q, key: k, value: v, ...(mask ? { mask } : {}) });
  const mixed = transpose(attended, [0, 2, 1, 3]);
  return linear(reshape(mixed, [places, length, width]), out);
}
