/**
 * The readout of graphs that give one vector and one grid.
 *
 * @module
 */

import type { OutputSpec, TokenGrid, Vector } from "@rsembed/core";
import type { Tensors } from "../embedder.ts";
import { gridOf, maxOverCells, vectorOf } from "./pool.ts";

/** The output of the graph that an embedding is read from: the maximum is taken over the grid's cells. */
export function pooledOrGrid(output: OutputSpec): "pooled" | "grid" {
  return output.mode === "pooled" && output.pooling === "mean" ? "pooled" : "grid";
}

/** `pooled` (D,), the maximum over the cells of `grid` (D,), or `grid` itself (D, H, W). */
export function readPooledOrGrid(outputs: Tensors, output: OutputSpec): Vector | TokenGrid {
  const name = pooledOrGrid(output);
  if (name === "pooled") return vectorOf(outputs, name);
  const grid = gridOf(outputs, name);
  return output.mode === "grid" ? grid : maxOverCells(grid);
}
