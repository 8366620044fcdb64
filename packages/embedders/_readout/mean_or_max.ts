/**
 * The readout of graphs of series that give one vector and two grids.
 *
 * @module
 */

import type { OutputSpec, Pooling, TokenGrid, Vector } from "@rsembed/core";
import { gridOf, maxOverCells, vectorOf } from "./pool.ts";
import type { Tensors } from "../embedder.ts";

/**
 * The output of the graph that an embedding is read from. The maximum over all tokens is that over the cells
 * of `grid_max`.
 *
 * @param frames How the frames of a cell become one
 */
export function meanOrMax(output: OutputSpec, frames: Pooling): "pooled" | "grid" | "grid_max" {
  if (output.mode === "grid") return frames === "max" ? "grid_max" : "grid";
  return output.pooling === "max" ? "grid_max" : "pooled";
}

/** A vector (D,) or a grid (D, h, w). */
export function readMeanOrMax(
  outputs: Tensors,
  output: OutputSpec,
  frames: Pooling,
): Vector | TokenGrid {
  const name = meanOrMax(output, frames);
  if (name === "pooled") return vectorOf(outputs, name);
  const grid = gridOf(outputs, name);
  return output.mode === "grid" ? grid : maxOverCells(grid);
}
