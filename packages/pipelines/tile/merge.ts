/**
 * One vector from the vectors of all tiles.
 *
 * @module
 */

import { ndarray, type Pooling, type Vector } from "@rsembed/core";
import { type TilePlan, tilesOf, type TileSpan } from "./plan.ts";
import type { RoiWindow } from "./window.ts";

function ownedLength({ ownedStart, ownedEnd }: TileSpan, from: number, to: number): number {
  return Math.max(0, Math.min(ownedEnd, to) - Math.max(ownedStart, from));
}

/**
 * How much each tile counts: the area it owns, px, inside the window if there is one. A window that
 * touches no tile is ignored.
 */
export function tileWeights(plan: TilePlan, window: RoiWindow | null = null): number[] {
  const { height, width } = plan;
  const { top, bottom, left, right } = window ?? { top: 0, bottom: 1, left: 0, right: 1 };
  const weights = tilesOf(plan).map(({ row, column }) =>
    ownedLength(row, top * height, bottom * height) *
    ownedLength(column, left * width, right * width)
  );
  return window && weights.every((weight) => weight === 0) ? tileWeights(plan) : weights;
}

/** Options of {@linkcode mergePooled}. */
export interface MergeOptions {
  readonly pooling: Pooling;
  /** @default all of the input */
  readonly window?: RoiWindow | null;
}

/**
 * One vector from those of all tiles: their mean by owned area, or their maximum over the tiles that the
 * window touches.
 *
 * @param vectors One a tile, row by row, all (D,)
 * @throws {RangeError} If there is not one vector a tile, or their lengths differ
 */
export function mergePooled(
  vectors: readonly Vector[],
  plan: TilePlan,
  { pooling, window = null }: MergeOptions,
): Vector {
  const weights = tileWeights(plan, window);
  const [first] = vectors;
  if (!first || vectors.length !== weights.length) {
    throw new RangeError(`Cannot merge ${vectors.length} vectors of ${weights.length} tiles`);
  }
  const [dim] = first.shape;
  if (vectors.some(({ shape }) => shape[0] !== dim)) {
    throw new RangeError("Cannot merge vectors of different lengths");
  }
  const merged = new Float64Array(dim).fill(pooling === "mean" ? 0 : -Infinity);
  vectors.forEach(({ data }, tile) => {
    const weight = weights[tile]!;
    if (weight === 0) return;
    for (let d = 0; d < dim; d++) {
      merged[d] = pooling === "mean"
        ? merged[d]! + data[d]! * weight
        : Math.max(merged[d]!, data[d]!);
    }
  });
  if (pooling === "mean") {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (let d = 0; d < dim; d++) merged[d]! /= total;
  }
  return ndarray("float32", { axes: first.axes, shape: [dim], data: Float32Array.from(merged) });
}
