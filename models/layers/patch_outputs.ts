/**
 * What is read from the patch tokens of an encoder.
 *
 * @module
 */

import {
  batch,
  type Float,
  formatShape,
  reduceMean,
  reshape,
  slice,
  transpose,
} from "../onnx/mod.ts";

/** How the tokens of an encoder lie on the image. */
export interface PatchGrid {
  /** Rows of patches. */
  readonly height: number;
  /** Patches in a row. */
  readonly width: number;
  /** Tokens before those of the patches, such as a class token. @default 0 */
  readonly prefix?: number;
}

/** The mean of the patch tokens and their grid. */
export interface PatchOutputs {
  /** (N, D). */
  readonly pooled: Float;
  /** (N, D, h, w). */
  readonly grid: Float;
}

/** The patch tokens as a grid, and their mean: of (N, prefix + h * w, D), rows from the top. */
export function patchOutputs(
  tokens: Float,
  { height, width, prefix = 0 }: PatchGrid,
): PatchOutputs {
  const [, count, side] = tokens.shape;
  if (count !== prefix + height * width || typeof side !== "number") {
    throw new RangeError(
      `Cannot lay ${
        formatShape(tokens.shape)
      } out as ${prefix} tokens and ${height} x ${width} patches`,
    );
  }
  const seen = prefix === 0 ? tokens : slice(tokens, { axis: 1, start: prefix, end: count });
  const grid = reshape(transpose(seen, [0, 2, 1]), [batch(), side, height, width]);
  // over the last axes the runtime sums in one order, whatever the batch size
  return { pooled: reduceMean(grid, { axes: [2, 3] }), grid };
}
