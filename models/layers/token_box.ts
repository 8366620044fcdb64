/**
 * Tokens that lie on a grid of any number of axes, made larger and smaller.
 *
 * @module
 */

import { batch, type Float, formatShape, pad, reshape, slice } from "../onnx/mod.ts";

function product(sides: readonly number[]): number {
  return sides.reduce((n, side) => n * side, 1);
}

/** Tokens (N, ...sides, C), each axis changed by `change` where it has another side than before. */
function reboxed(
  x: Float,
  { from, to }: { from: readonly number[]; to: readonly number[] },
  change: (box: Float, axis: number, side: number) => Float,
): Float {
  const [, tokens, width] = x.shape;
  if (tokens !== product(from) || from.length !== to.length) {
    throw new RangeError(
      `Cannot bring ${formatShape(x.shape)} from a grid of (${from}) to (${to})`,
    );
  }
  if (from.every((side, axis) => side === to[axis])) return x;
  const box = from.reduce(
    (y, side, axis) => side === to[axis] ? y : change(y, axis + 1, to[axis]!),
    reshape(x, [batch(), ...from, width!]),
  );
  return reshape(box, [batch(), product(to), width!]);
}

/** Tokens of zeros behind the last ones of each axis: (N, tokens, C) on a larger grid. */
export function padTokens(x: Float, from: readonly number[], to: readonly number[]): Float {
  return reboxed(x, { from, to }, (box, axis, side) => {
    const before = box.shape[axis] as number;
    return pad(box, { axis, after: side - before });
  });
}

/** The first tokens of each axis: (N, tokens, C) on a smaller grid. */
export function cropTokens(x: Float, from: readonly number[], to: readonly number[]): Float {
  return reboxed(x, { from, to }, (box, axis, side) => slice(box, { axis, start: 0, end: side }));
}
