/**
 * Attention within windows of a grid of tokens.
 *
 * @module
 */

import type { LazyTensor } from "../checkpoint/weights.ts";
import { staticDim } from "../onnx/dim.ts";
import {
  constant,
  type Float,
  formatShape,
  gather,
  parameter,
  reshape,
  transpose,
} from "../onnx/mod.ts";
import { attendHeads, type AttentionWeights } from "./attention.ts";
import { linear, type LinearWeights } from "./linear.ts";
import { inverseOrder, relativeOffsets, windowMask, windowOrder, type Windows } from "./windows.ts";

/** Added to the products of tokens that must not see each other, as the authors of Swin do. */
const hidden = -100;

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
  /** Applied to queries and to keys, (N, windows * heads, L, W), before their products. @default none */
  readonly normalize?: (x: Float, kind: "query" | "key") => Float;
}

/** The bias of offsets and the mask, (windows * heads, L, L): a head of a window is a head of its own. */
function productBias(
  { windows, heads, offsetBias }: WindowAttentionOptions,
  count: number,
): LazyTensor {
  const offsets = relativeOffsets(windows.window);
  const mask = windowMask(windows);
  const pairs = offsets.length;
  return {
    shape: [count * heads, Math.sqrt(pairs), Math.sqrt(pairs)],
    async load(options) {
      const table = await offsetBias.load(options);
      const out = new Float32Array(count * heads * pairs);
      let at = 0;
      for (let window = 0; window < count; window++) {
        for (let head = 0; head < heads; head++) {
          for (let pair = 0; pair < pairs; pair++) {
            const apart = mask !== null && mask[window * pairs + pair] === 1;
            out[at++] = table[offsets[pair]! * heads + head]! + (apart ? hidden : 0);
          }
        }
      }
      return out;
    },
  };
}

function ordered(x: Float, order: Int32Array): Float {
  const data = BigInt64Array.from(order, BigInt);
  return gather(x, constant({ dtype: "int64", shape: [data.length], data }), { axis: 1 });
}

/**
 * Attention of tokens within windows: (N, tokens, D) to (N, tokens, D), tokens in the order of the grid.
 *
 * Tokens are gathered window by window once, and windows become heads: the products of all are one operation.
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
  const project = (layer: LinearWeights, axes: readonly number[]) => {
    const split = reshape(linear(gathered, layer), [places!, count, size, heads, headWidth]);
    const moved = transpose(split, axes);
    return reshape(moved, [places!, count * heads, ...moved.shape.slice(3)]);
  };
  const attended = attendHeads({
    query: normalize(project(query, [0, 1, 3, 2, 4]), "query"),
    key: transpose(normalize(project(key, [0, 1, 3, 2, 4]), "key"), [0, 1, 3, 2]),
    value: project(value, [0, 1, 3, 2, 4]),
    mask: parameter(productBias(options, count)),
  });
  const apart = reshape(attended, [places!, count, heads, size, headWidth]);
  const mixed = reshape(transpose(apart, [0, 1, 3, 2, 4]), [places!, total, inner]);
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
