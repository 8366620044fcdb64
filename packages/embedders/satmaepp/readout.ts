/**
 * From the outputs of the graph to vectors and grids.
 *
 * @module
 */

import type { OutputSpec, Pooling, TokenGrid, Vector } from "@rsembed/core";
import { pooledOrGrid, readPooledOrGrid } from "../_readout/pooled_or_grid.ts";
import { gridOf, maxOverCells } from "../_readout/pool.ts";
import type { Tensors } from "../embedder.ts";

/**
 * The output of the graph that an embedding is read from.
 *
 * @param groups How the groups of bands of a cell become one; `null` where there are none
 */
export function satmaeppOutput(output: OutputSpec, groups: Pooling | null): string {
  if (groups === null) return pooledOrGrid(output);
  // the maximum over all tokens is that over the cells of their maxima
  const byMaximum = output.mode === "grid" ? groups === "max" : output.pooling === "max";
  return byMaximum ? "grid_max" : pooledOrGrid(output);
}

/** A vector (D,) or a grid (D, h, w). */
export function readSatmaepp(
  outputs: Tensors,
  output: OutputSpec,
  groups: Pooling | null,
): Vector | TokenGrid {
  const name = satmaeppOutput(output, groups);
  if (name !== "grid_max") return readPooledOrGrid(outputs, output);
  const grid = gridOf(outputs, name);
  return output.mode === "grid" ? grid : maxOverCells(grid);
}
