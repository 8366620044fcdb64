/**
 * Regions of interest: the part of a grid that the peer gives back where it fetched more than was asked for.
 *
 * @module
 */

import { ndarray, type TokenGrid, type Vector } from "@rsembed/core";
import { maxOverCells } from "../_readout/pool.ts";

/** A window of a grid, in shares of its height and width. */
export type RoiWindow = readonly [top: number, bottom: number, left: number, right: number];

/** The window that a case states, or `null`. */
export function roiOf(value: unknown): RoiWindow | null {
  const isWindow = Array.isArray(value) && value.length === 4 &&
    value.every((share) => typeof share === "number");
  return isWindow ? value as unknown as RoiWindow : null;
}

/**
 * The cells that a window touches: from the floor of its start to the ceiling of its end, at least one.
 *
 * Source: rs-embed, `tools/shape.py`, `crop_grid_to_roi`.
 */
export function cropToRoi(grid: TokenGrid, [top, bottom, left, right]: RoiWindow): TokenGrid {
  const [d, height, width] = grid.shape;
  const range = (from: number, to: number, side: number): [number, number] => {
    const start = Math.min(side - 1, Math.max(0, Math.floor(from * side)));
    return [start, Math.min(side, Math.max(start + 1, Math.ceil(to * side)))];
  };
  const [y0, y1] = range(top, bottom, height);
  const [x0, x1] = range(left, right, width);
  const out = ndarray("float32", { axes: ["d", "y", "x"], shape: [d, y1 - y0, x1 - x0] });
  let at = 0;
  for (let plane = 0; plane < d; plane++) {
    for (let y = y0; y < y1; y++) {
      const row = (plane * height + y) * width;
      out.data.set(grid.data.subarray(row + x0, row + x1), at);
      at += x1 - x0;
    }
  }
  return out;
}

/** The mean or maximum over the cells of a grid, (D, H, W) to (D,). */
export function poolCells(grid: TokenGrid, pooling: "mean" | "max"): Vector {
  if (pooling === "max") return maxOverCells(grid);
  const [d, height, width] = grid.shape;
  const cells = height * width;
  const data = Float32Array.from(
    { length: d },
    (_, i) => grid.data.subarray(i * cells, (i + 1) * cells).reduce((sum, x) => sum + x, 0) / cells,
  );
  return ndarray("float32", { axes: ["d"], shape: [d], data });
}
