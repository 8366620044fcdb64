/**
 * Where the pixels of a model's input lie, after padding and cropping.
 *
 * @module
 */

import { applyAffine, type Grid } from "@rsembed/core";
import type { PixelWindow } from "./square.ts";

/** The grid of a window of another grid; a window beyond its edges continues the lattice. */
export function windowGrid(grid: Grid, window: PixelWindow): Grid {
  const [a, b, , d, e] = grid.transform;
  const [c, f] = applyAffine(grid.transform, [window.x, window.y]);
  return {
    crs: grid.crs,
    transform: [a, b, c, d, e, f],
    width: window.width,
    height: window.height,
  };
}
