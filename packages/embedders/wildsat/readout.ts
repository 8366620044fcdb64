/**
 * From the outputs of the graph to vectors and grids.
 *
 * @module
 */

import { type OutputSpec, RsembedError, type TokenGrid, type Vector } from "@rsembed/core";
import { gridOf, maxOverCells, vectorOf } from "../_readout/pool.ts";
import type { Tensors } from "../embedder.ts";

/** What a pooled embedding is. */
export type Feature = "image_head" | "backbone" | "tokens";

/** What a network gives. */
export interface WildsatReadout {
  readonly feature: Feature;
  /** Whether there are tokens of patches. */
  readonly hasTokens: boolean;
}

/**
 * Checks that a network gives what is asked for.
 *
 * @throws {RsembedError} `spec` for tokens of a network that has none
 */
export function checkFeature(name: string, { feature, hasTokens }: WildsatReadout): void {
  if (feature !== "tokens" || hasTokens) return;
  throw new RsembedError("spec", `Cannot use feature=tokens of ${name}: vitb16 alone has tokens`, {
    facts: { field: "feature", value: feature },
  });
}

/** The output of the graph that an embedding is read from. */
export function wildsatOutput(
  output: OutputSpec,
  { feature, hasTokens }: WildsatReadout,
): "pooled" | "backbone" | "grid" | "token_mean" {
  const vector = feature === "backbone" ? "backbone" : "pooled";
  if (output.mode === "grid") return hasTokens ? "grid" : vector;
  if (feature !== "tokens") return vector;
  return output.pooling === "max" ? "grid" : "token_mean";
}

/** A vector (K,) or a grid (D, h, w); of networks without tokens the vector as its only cell, (K, 1, 1). */
export function readWildsat(
  outputs: Tensors,
  output: OutputSpec,
  readout: WildsatReadout,
): Vector | TokenGrid {
  const name = wildsatOutput(output, readout);
  if (name === "grid") {
    const grid = gridOf(outputs, name);
    return output.mode === "grid" ? grid : maxOverCells(grid);
  }
  const vector = vectorOf(outputs, name);
  if (output.mode === "pooled") return vector;
  return { ...vector, axes: ["d", "y", "x"], shape: [vector.shape[0], 1, 1] };
}
