/**
 * The part of an input that a request is about, where more was fetched than was asked for.
 *
 * @module
 */

import { ndarray, type Size, type TokenGrid } from "@rsembed/core";

/** A part of an input in shares of its sides, 0 to 1, from the north-west. */
export interface RoiWindow {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** A range of cells, half-open. */
export interface CellBox {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

function cellRange(from: number, to: number, count: number): [number, number] {
  const start = Math.min(Math.max(0, Math.floor(from * count)), count - 1);
  return [start, Math.min(Math.max(start + 1, Math.ceil(to * count)), count)];
}

/**
 * The cells of a grid that a window touches; at least one.
 *
 * Source: rs-embed `roi_token_box`, as in `square.json` of its interop fixtures.
 */
export function tokenBox(window: RoiWindow, { height, width }: Size): CellBox {
  const [top, bottom] = cellRange(window.top, window.bottom, height);
  const [left, right] = cellRange(window.left, window.right, width);
  return { top, bottom, left, right };
}

/** The cells of a grid in a box. */
export function cropGrid(grid: TokenGrid, { top, bottom, left, right }: CellBox): TokenGrid {
  const [dim, height, width] = grid.shape;
  const out = ndarray("float32", {
    axes: grid.axes,
    shape: [dim, bottom - top, right - left],
  });
  let at = 0;
  for (let d = 0; d < dim; d++) {
    for (let y = top; y < bottom; y++) {
      const row = (d * height + y) * width;
      out.data.set(grid.data.subarray(row + left, row + right), at);
      at += right - left;
    }
  }
  return out;
}
