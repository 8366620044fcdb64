/**
 * From the outputs of the graph to vectors and grids.
 *
 * @module
 */

import type { OutputSpec, Pooling, TokenGrid, Vector } from "@rsembed/core";
import { gridOf, maxOverCells, vectorOf } from "../_readout/pool.ts";
import type { Tensors } from "../embedder.ts";

/**
 * The output of the graph that an embedding is read from. The maximum over all tokens is that over the cells
 * of `grid_max`.
 *
 * @param frames How the frames of a cell become one
 */
export function olmoearthOutput(
  output: OutputSpec,
  frames: Pooling,
): "pooled" | "grid" | "grid_max" {
  if (output.mode === "grid") return frames === "max" ? "grid_max" : "grid";
  return output.pooling === "max" ? "grid_max" : "pooled";
}

/** A vector (D,) or a grid (D, h, w). */
export function readOlmoearth(
  outputs: Tensors,
  output: OutputSpec,
  frames: Pooling,
): Vector | TokenGrid {
  const name = olmoearthOutput(output, frames);
  if (name === "pooled") return vectorOf(outputs, name);
  const grid = gridOf(outputs, name);
  return output.mode === "grid" ? grid : maxOverCells(grid);
}
