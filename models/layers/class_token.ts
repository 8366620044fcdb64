/**
 * A token of the model's own before those of the patches, and positions for all.
 *
 * @module
 */

import type { LazyTensor } from "../checkpoint/weights.ts";
import { add, type Float, formatShape, pad, parameter } from "../onnx/mod.ts";

/** Options of {@linkcode withClassToken}. */
export interface ClassTokenOptions {
  /** The token, D values of any shape. */
  readonly token: LazyTensor;
  /** Added to the token and those behind it, (1 + L, D). */
  readonly positions: LazyTensor;
}

/**
 * A class token before the tokens, and positions added to all: (N, L, D) to (N, 1 + L, D).
 *
 * The token is added to the first position when the weights are written, and a row of zeros takes its place
 * in the graph: the sums are the same, and the graph need not ask for the batch size.
 */
export function withClassToken(x: Float, { token, positions }: ClassTokenOptions): Float {
  const [rows, width] = positions.shape;
  const [, length, side] = x.shape;
  const size = token.shape.reduce((n, dim) => n * dim, 1);
  if (length !== (rows ?? 0) - 1 || side !== width || size !== width) {
    throw new RangeError(
      `Cannot put a token of (${token.shape}) before ${formatShape(x.shape)} with positions of ` +
        `(${positions.shape})`,
    );
  }
  const first: LazyTensor = {
    shape: positions.shape,
    async load(options) {
      const [table, values] = [await positions.load(options), await token.load(options)];
      return table.map((position, i) => i < values.length ? position + values[i]! : position);
    },
  };
  return add(pad(x, { axis: 1, before: 1 }), parameter(first));
}
