/**
 * From the image tower's outputs to vectors and grids.
 *
 * @module
 */

import { type OutputSpec, RsembedError, type TokenGrid, type Vector } from "@rsembed/core";
import type { Tensors } from "../embedder.ts";
import { gridOf, maxOverCells, vectorOf } from "../_readout/pool.ts";

/** What a pooled embedding is when the mean is asked for. */
export type PooledKind = "token_mean" | "projection";

/**
 * The output of the graph that an embedding is read from.
 *
 * @throws {RsembedError} `spec` for the maximum of a projection, which is a single vector
 */
export function remoteclipOutput(
  output: OutputSpec,
  pooled: PooledKind,
): "pooled" | "projection" | "grid" {
  if (output.mode === "grid") return "grid";
  if (output.pooling === "mean") return pooled === "projection" ? "projection" : "pooled";
  if (pooled === "projection") {
    throw new RsembedError(
      "spec",
      "Cannot take the maximum of a projection: it is one vector, use pooling mean or pooled=token_mean",
      { facts: { field: "output.pooling", value: output.pooling } },
    );
  }
  return "grid";
}

/**
 * The mean of the patch tokens (D,), the projected class token (E,), the maximum over the tokens (D,), or
 * the tokens themselves (D, H, W).
 *
 * @throws {RsembedError} `spec` for the maximum of a projection
 */
export function readRemoteclip(
  outputs: Tensors,
  output: OutputSpec,
  pooled: PooledKind,
): Vector | TokenGrid {
  const name = remoteclipOutput(output, pooled);
  if (name !== "grid") return vectorOf(outputs, name);
  const grid = gridOf(outputs, name);
  return output.mode === "grid" ? grid : maxOverCells(grid);
}
