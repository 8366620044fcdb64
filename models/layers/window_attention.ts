/**
 * Attention within windows of a grid of tokens.
 *
 * @module
 */

import type { LazyTensor } from "../checkpoint/weights.ts";
import { staticDim } from "../onnx/dim.ts";
import {
  add,
  concat,
  constant,
  type Float,
  floats,
  formatShape,
  gather,
  matMul,
  parameter,
  reshape,
  slice,
  softmax,
  transpose,
} from "../onnx/mod.ts";
import type { AttentionWeights } from "./attention.ts";
import { linear, type LinearWeights } from "./linear.ts";
import { inverseOrder, relativeOffsets, windowMask, windowOrder, type Windows } from "./windows.ts";

/** Added to the products of tokens that must not see each other, as the authors of Swin do. */
const hidden = -100;

/** Most products of queries and keys of one place held at once: they stay in the processor's cache. */
const mostProducts = 2 ** 20;

/** Options of {@linkcode windowAttention}. */
export interface WindowAttentionOptions {
  /** Its linear layers, the scale of the query folded in where there is one. */
  readonly weights: AttentionWeights;
  /** Number of heads; it divides the width. */
  readonly heads: number;
  /** Which tokens see each other. */
  readonly windows: Windows;
  /** Added to the products of each head by the offset of query and key, (offsets, heads). */
  readonly offsetBias: LazyTensor;
  /** Row of `offsetBias` for each pair of tokens, (L, L). @default that of {@linkcode relativeOffsets} */
  readonly offsets?: Int32Array;
  /** Applied to queries and to keys, (N, windows, heads, L, W), before their products. @default none */
  readonly normalize?: (x: Float, kind: "query" | "key") => Float;
}

/** The bias of each pair of tokens, (heads, L, L). */
function pairBias({ windows, heads, offsetBias, ...options }: WindowAttentionOptions): LazyTensor {
  const { offsets = relativeOffsets(windows.window) } = options;
  const length = Math.sqrt(offsets.length);
  return {
    shape: [heads, length, length],
    async load(run) {
      const table = await offsetBias.load(run);
      return Float32Array.from(
        { length: heads * offsets.length },
        (_, i) => table[offsets[i % offsets.length]! * heads + Math.floor(i / offsets.length)]!,
      );
    },
  };
}

/** What is added where tokens must not see each other, (windows, 1, L, L); `null` where all may. */
function pairMask(windows: Windows): Float | null {
  const mask = windowMask(windows);
  if (mask === null) return null;
  const length = windows.window.reduce((n, side) => n * side, 1);
  const shape = [mask.length / length ** 2, 1, length, length];
  return floats(shape, Float32Array.from(mask, (apart) => apart === 1 ? hidden : 0));
}

function ordered(x: Float, order: Int32Array): Float {
  const data = BigInt64Array.from(order, BigInt);
  return gather(x, constant({ dtype: "int64", shape: [data.length], data }), { axis: 1 });
}

/**
 * Attention of tokens within windows: (N, tokens, D) to (N, tokens, D), tokens in the order of the grid.
 *
 * Tokens are gathered window by window once, and windows are an axis beside the heads; of many the products are
 * taken some windows after another.
 */
export function windowAttention(x: Float, options: WindowAttentionOptions): Float {
  const { weights: { query, key, value, out }, heads, windows } = options;
  const { normalize = (y: Float) => y } = options;
  const [places, tokens] = x.shape;
  const total = windows.grid.reduce((n, side) => n * side, 1);
  const size = windows.window.reduce((n, side) => n * side, 1);
  const inner = query.weight.shape[0]!;
  if (x.shape.length !== 3 || tokens !== total || inner % heads !== 0) {
    throw new RangeError(
      `Cannot attend over ${
        formatShape(x.shape)
      } in windows of a grid of (${windows.grid}) with ${heads} ` +
        `heads of ${inner} together`,
    );
  }
  const count = total / size;
  const headWidth = inner / heads;
  const order = windowOrder(windows);
  const isPlain = order.every((token, at) => token === at);
  const gathered = isPlain ? x : ordered(x, order);
  const project = (layer: LinearWeights) => {
    const split = reshape(linear(gathered, layer), [places!, count, size, heads, headWidth]);
    return transpose(split, [0, 1, 3, 2, 4]);
  };
  const q = normalize(project(query), "query");
  const k = transpose(normalize(project(key), "key"), [0, 1, 2, 4, 3]);
  const v = project(value);
  const bias = parameter(pairBias(options));
  const mask = pairMask(windows);
  const atOnce = Math.max(1, Math.floor(mostProducts / (heads * size * size)));
  const parts: Float[] = [];
  for (let start = 0; start < count; start += atOnce) {
    const some = { start, end: Math.min(count, start + atOnce) };
    const part = (y: Float, axis: number) => count <= atOnce ? y : slice(y, { axis, ...some });
    const products = add(matMul(part(q, 1), part(k, 1)), bias);
    const masked = mask ? add(products, part(mask, 0)) : products;
    parts.push(matMul(softmax(masked, { axis: -1 }), part(v, 1)));
  }
  const attended = parts.length === 1 ? parts[0]! : concat(parts, { axis: 1 });
  const mixed = reshape(transpose(attended, [0, 1, 3, 2, 4]), [places!, total, inner]);
  const y = linear(mixed, out);
  return isPlain ? y : ordered(y, inverseOrder(order));
}

/**
 * Neighbouring tokens in one, (N, h * w, C) to (N, h / 2 * w / 2, 4 C): top left, bottom left, top right, bottom
 * right.
 *
 * Source: Swin Transformer, `PatchMerging`.
 */
export function mergeNeighbours(x: Float, height: number, width: number): Float {
  const [places, tokens, channels] = x.shape;
  const c = staticDim(channels, "a width of tokens");
  if (tokens !== height * width || height % 2 !== 0 || width % 2 !== 0) {
    throw new RangeError(
      `Cannot merge ${
        formatShape(x.shape)
      } as a grid of ${height} x ${width}: both sides must be even`,
    );
  }
  const [h, w] = [height / 2, width / 2];
  const cut = reshape(x, [places!, h, 2, w, 2, c]);
  return reshape(transpose(cut, [0, 1, 3, 4, 2, 5]), [places!, h * w, 4 * c]);
}
