/**
 * From the outputs of the graph to vectors and grids.
 *
 * @module
 */

import type { OutputSpec, TokenGrid, Vector } from "@rsembed/core";
import { gridOf, maxOverCells, vectorOf } from "../_readout/pool.ts";
import type { Tensors } from "../embedder.ts";

/** What a cell of a grid is: a pixel, told its patch, or a patch. */
export type GridFeature = "dense" | "patch";
/** What a vector is read from: all patches, or the class token. */
export type PooledSource = "patch" | "tile";

/** How outputs are read. */
export interface ReadoutChoice {
  readonly gridFeature: GridFeature;
  readonly pooledSource: PooledSource;
}

/** The output of the graph that an embedding is read from: the maximum is taken over the patches. */
export function anysatOutput(
  output: OutputSpec,
  { gridFeature, pooledSource }: ReadoutChoice,
): "pooled" | "tile" | GridFeature {
  if (output.mode === "grid") return gridFeature;
  if (pooledSource === "tile") return "tile";
  return output.pooling === "mean" ? "pooled" : "patch";
}

/** A vector (D,) or a grid, (D, g, g) or (2 D, S, S). */
export function readAnysat(
  outputs: Tensors,
  output: OutputSpec,
  choice: ReadoutChoice,
): Vector | TokenGrid {
  const name = anysatOutput(output, choice);
  if (name === "pooled" || name === "tile") return vectorOf(outputs, name);
  const grid = gridOf(outputs, name);
  return output.mode === "grid" ? grid : maxOverCells(grid);
}
