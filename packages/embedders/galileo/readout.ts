/**
 * From the encoder's outputs to vectors and grids.
 *
 * @module
 */

import type { OutputSpec, TokenGrid, Vector } from "@rsembed/core";
import type { Tensors } from "../embedder.ts";
import { gridOf, maxOverCells, vectorOf } from "../_readout/pool.ts";

/** The output of the graph that an embedding is read from: the maximum is taken over the grid's cells. */
export function galileoOutput(output: OutputSpec): "pooled" | "grid" {
  return output.mode === "pooled" && output.pooling === "mean" ? "pooled" : "grid";
}

/** The mean of all tokens (D,), the maximum over the cells (D,), or the cells themselves (D, H, W). */
export function readGalileo(outputs: Tensors, output: OutputSpec): Vector | TokenGrid {
  const name = galileoOutput(output);
  if (name === "pooled") return vectorOf(outputs, name);
  const grid = gridOf(outputs, name);
  return output.mode === "grid" ? grid : maxOverCells(grid);
}
