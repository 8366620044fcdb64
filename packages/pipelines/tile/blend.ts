/**
 * Putting the outputs of overlapping tiles together, without seams.
 *
 * @module
 */

import { ndarray, RsembedError, type TokenGrid } from "@rsembed/core";
import type { TilePlan, TileSpan } from "./plan.ts";

/** One axis of all tiles, in cells. */
interface Axis {
  /** First cell of each tile. */
  readonly starts: readonly number[];
  /** Cells that there are along the axis. */
  readonly length: number;
  /** How much each cell of a tile counts, tile by tile. */
  readonly weights: readonly Float64Array[];
}

/**
 * @param spans The tiles of the axis
 * @throws {RsembedError} `spec` where cells of neighbours do not fall on each other
 */
function axisOf(
  spans: readonly TileSpan[],
  { cells, sidePx, plan }: {
    readonly cells: number;
    readonly sidePx: number;
    readonly plan: TilePlan;
  },
): Axis {
  const { tileSizePx, overlapPx } = plan;
  const overlap = overlapPx * cells / tileSizePx;
  if (!Number.isInteger(overlap)) {
    throw new RsembedError(
      "spec",
      `Cannot blend tiles that overlap by ${overlapPx} px: the model gives ${cells} cells for ${tileSizePx} px, a multiple of ${
        tileSizePx / cells
      } px is wanted`,
      { facts: { field: "inputPrep.overlapPx", value: overlapPx } },
    );
  }
  const ramp = (inside: number) => Math.min(1, (inside + 0.5) / overlap);
  return {
    starts: spans.map(({ start }) => start * cells / tileSizePx),
    length: Math.ceil(sidePx * cells / tileSizePx),
    weights: spans.map((_, i) =>
      Float64Array.from({ length: cells }, (_, cell) => {
        // the outer edges have no neighbour to give way to
        const left = i === 0 ? 1 : ramp(cell);
        const right = i === spans.length - 1 ? 1 : ramp(cells - 1 - cell);
        return Math.min(left, right);
      })
    ),
  };
}

/**
 * One grid from the grids of overlapping tiles: where several have a cell, their mean, weighted by its distance
 * from the edge of each tile.
 *
 * @param grids One a tile, row by row, all (D, H, W) of one shape
 * @throws {RangeError} If there is not one grid a tile, or their shapes differ
 * @throws {RsembedError} `spec` where cells of neighbours do not fall on each other
 */
export function blendGrids(grids: readonly TokenGrid[], plan: TilePlan): TokenGrid {
  const { rows, columns } = plan;
  const [first] = grids;
  if (!first || grids.length !== rows.length * columns.length) {
    throw new RangeError(
      `Cannot blend ${grids.length} grids of ${rows.length * columns.length} tiles`,
    );
  }
  const [dim, cellsDown, cellsAcross] = first.shape;
  if (grids.some(({ shape }) => shape.some((side, axis) => side !== first.shape[axis]))) {
    throw new RangeError("Cannot blend grids of different shapes");
  }
  const down = axisOf(rows, { cells: cellsDown, sidePx: plan.height, plan });
  const across = axisOf(columns, { cells: cellsAcross, sidePx: plan.width, plan });
  const [height, width] = [down.length, across.length];
  const sums = new Float64Array(dim * height * width);
  const totals = new Float64Array(height * width);
  grids.forEach(({ data }, i) => {
    const row = Math.floor(i / columns.length), column = i % columns.length;
    const top = down.starts[row]!, left = across.starts[column]!;
    for (let y = 0; y < Math.min(cellsDown, height - top); y++) {
      for (let x = 0; x < Math.min(cellsAcross, width - left); x++) {
        const weight = down.weights[row]![y]! * across.weights[column]![x]!;
        const to = (top + y) * width + left + x;
        totals[to]! += weight;
        for (let d = 0; d < dim; d++) {
          const value = data[(d * cellsDown + y) * cellsAcross + x]!;
          sums[d * height * width + to]! += weight * value;
        }
      }
    }
  });
  const out = ndarray("float32", { axes: first.axes, shape: [dim, height, width] });
  for (let i = 0; i < sums.length; i++) out.data[i] = sums[i]! / totals[i % totals.length]!;
  return out;
}
