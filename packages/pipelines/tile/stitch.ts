/**
 * Putting the outputs of tiles together again.
 *
 * Source: rs-embed 0.2, "midpoint cut" stitching, as in `stitch.json` of its interop fixtures.
 *
 * @module
 */

import { ndarray, type TokenGrid } from "@rsembed/core";
import type { TilePlan, TileSpan } from "./plan.ts";

/** A range of cells of a tile's grid, half-open. */
export interface CellRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Which cells of each tile's grid are kept along one axis: together they cover the side once.
 *
 * @param spans The tiles of the axis
 * @param grid `cells` that a tile has along it, over `spanPx` pixels
 */
export function keptCells(
  spans: readonly TileSpan[],
  { cells, spanPx }: { readonly cells: number; readonly spanPx: number },
): CellRange[] {
  const kept: CellRange[] = [];
  // where the cells kept so far really end, in 1 / cells of a pixel, so that all of this is exact
  let reached = 0;
  spans.forEach(({ start, ownedEnd }, i) => {
    const first = Math.floor((reached - start * cells) / spanPx);
    const from = Math.min(Math.max(0, first), cells - 1);
    const last = (ownedEnd - start) * cells;
    const end = i === spans.length - 1
      ? Math.ceil(last / spanPx)
      : Math.floor((2 * last + spanPx) / (2 * spanPx));
    const to = Math.min(Math.max(from + 1, end), cells);
    kept.push({ from, to });
    reached = start * cells + to * spanPx;
  });
  return kept;
}

/** Cells kept along an axis, and where they go. */
function placed(ranges: readonly CellRange[]): { starts: number[]; length: number } {
  const starts: number[] = [];
  let length = 0;
  for (const { from, to } of ranges) {
    starts.push(length);
    length += to - from;
  }
  return { starts, length };
}

/**
 * One grid from the grids of all tiles, each showing what it owns.
 *
 * @param grids One a tile, row by row, all (D, H, W) of one shape
 * @throws {RangeError} If there is not one grid a tile, or their shapes differ
 */
export function stitchGrids(grids: readonly TokenGrid[], plan: TilePlan): TokenGrid {
  const { rows, columns, tileSizePx, padEdges } = plan;
  const [first] = grids;
  if (!first || grids.length !== rows.length * columns.length) {
    throw new RangeError(
      `Cannot stitch ${grids.length} grids of ${rows.length * columns.length} tiles`,
    );
  }
  const [dim, cellsDown, cellsAcross] = first.shape;
  if (grids.some(({ shape }) => shape.some((side, axis) => side !== first.shape[axis]))) {
    throw new RangeError("Cannot stitch grids of different shapes");
  }
  const spanOf = (side: number) => padEdges ? tileSizePx : Math.min(tileSizePx, side);
  const down = keptCells(rows, { cells: cellsDown, spanPx: spanOf(plan.height) });
  const across = keptCells(columns, { cells: cellsAcross, spanPx: spanOf(plan.width) });
  const { starts: tops, length: height } = placed(down);
  const { starts: lefts, length: width } = placed(across);
  const out = ndarray("float32", { axes: first.axes, shape: [dim, height, width] });
  grids.forEach(({ data }, i) => {
    const row = Math.floor(i / columns.length);
    const column = i % columns.length;
    const { from: top, to: bottom } = down[row]!;
    const { from: left, to: right } = across[column]!;
    for (let d = 0; d < dim; d++) {
      for (let y = top; y < bottom; y++) {
        const source = (d * cellsDown + y) * cellsAcross;
        const target = (d * height + tops[row]! + y - top) * width + lefts[column]!;
        out.data.set(data.subarray(source + left, source + right), target);
      }
    }
  });
  return out;
}
