/**
 * Where the pixels of one grid lie in another.
 *
 * @module
 */

import { type Affine, applyAffine, type Grid, invertAffine } from "@rsembed/core";
import { type Transformer, transformer } from "./crs.ts";
import type { PixelWindow } from "./raster.ts";

/** Maps pixel positions of one grid to pixel positions of another. */
export interface PixelMap {
  /** (0, 0) is the outer corner of the first pixel; NaN where the grids' CRSs do not meet. */
  (position: readonly [column: number, row: number]): [column: number, row: number];
}

/** The exact map from pixel positions of `from` to those of `to`. */
export function pixelMap(from: Grid, to: Grid): PixelMap {
  const inverse: Affine = invertAffine(to.transform);
  const crs: Transformer = transformer(from.crs, to.crs);
  return (position) => applyAffine(inverse, crs.point(applyAffine(from.transform, position)));
}

/** Side of a cell inside which positions are interpolated, px. */
const cellPx = 16;
/** Largest error of an interpolated position, source px; cells beyond it are mapped pixel by pixel. */
const toleranceSourcePx = 0.01;

/** Positions of the pixel centres of some rows in another grid, (rows, width). */
export interface RowPositions {
  /** First row. */
  readonly row: number;
  /** Rows. */
  readonly rows: number;
  /** Columns in the other grid, px. */
  readonly xs: Float64Array;
  /** Rows in the other grid, px. */
  readonly ys: Float64Array;
}

/**
 * Gives the positions of all pixel centres of `from` in `to`, some rows at a time; buffers are reused.
 *
 * Projections are smooth, so positions are mapped on a lattice and interpolated between; the centre of
 * each cell, where a quadratic departs most from its interpolation, is checked against the exact map.
 */
export function* mappedRows(from: Grid, to: Grid): Generator<RowPositions, void, undefined> {
  const map = pixelMap(from, to);
  const { width, height } = from;
  const columns = Math.ceil(width / cellPx);
  const xs = new Float64Array(cellPx * width);
  const ys = new Float64Array(cellPx * width);
  const nodes = (row: number) =>
    Array.from(
      { length: columns + 1 },
      (_, i) => map([Math.min(i * cellPx, width - 1) + 0.5, row + 0.5]),
    );
  let upper = nodes(0);
  for (let row = 0; row < height; row += cellPx) {
    // the last lattice line lies on the last row, so that nothing outside the grid is asked for
    const below = Math.min(row + cellPx, height - 1);
    const rows = Math.min(cellPx, height - row);
    const lower = nodes(below);
    for (let cell = 0; cell < columns; cell++) {
      const left = cell * cellPx;
      const right = Math.min(left + cellPx, width - 1);
      fillCell({
        map,
        left,
        right,
        end: Math.min(left + cellPx, width),
        top: row,
        bottom: below,
        rows,
        width,
        corners: [upper[cell]!, upper[cell + 1]!, lower[cell]!, lower[cell + 1]!],
        xs,
        ys,
      });
    }
    yield { row, rows, xs, ys };
    upper = lower;
  }
}

type Position = readonly [number, number];

interface Cell {
  readonly map: PixelMap;
  readonly left: number;
  readonly right: number;
  /** First column after the cell. */
  readonly end: number;
  readonly top: number;
  readonly bottom: number;
  readonly rows: number;
  readonly width: number;
  readonly corners: readonly [Position, Position, Position, Position];
  readonly xs: Float64Array;
  readonly ys: Float64Array;
}

function fillCell(cell: Cell): void {
  const { map, left, right, end, top, bottom, rows, width, xs, ys } = cell;
  const [[ax, ay], [bx, by], [cx, cy], [dx, dy]] = cell.corners;
  const [mx, my] = map([(left + right) / 2 + 0.5, (top + bottom) / 2 + 0.5]);
  const error = Math.hypot((ax + bx + cx + dx) / 4 - mx, (ay + by + cy + dy) / 4 - my);
  const exact = !(error <= toleranceSourcePx);
  const stepU = right > left ? 1 / (right - left) : 0;
  const stepV = bottom > top ? 1 / (bottom - top) : 0;
  for (let i = 0; i < rows; i++) {
    const v = i * stepV;
    const x0 = ax + v * (cx - ax), x1 = bx + v * (dx - bx);
    const y0 = ay + v * (cy - ay), y1 = by + v * (dy - by);
    for (let column = left; column < end; column++) {
      const at = i * width + column;
      if (exact) {
        const [x, y] = map([column + 0.5, top + i + 0.5]);
        xs[at] = x;
        ys[at] = y;
      } else {
        const u = (column - left) * stepU;
        xs[at] = x0 + u * (x1 - x0);
        ys[at] = y0 + u * (y1 - y0);
      }
    }
  }
}

/** Positions a side at which a grid is probed for the part of another that it needs. */
const probes = 33;

/**
 * The window of `source` that a target grid needs, with a margin for interpolation; `null` where they
 * do not meet.
 */
export function sourceWindow(source: Grid, target: Grid): PixelWindow | null {
  const map = pixelMap(target, source);
  let minX = Infinity, minY = Infinity, maxX = -Infinity, maxY = -Infinity;
  for (let i = 0; i < probes; i++) {
    for (let j = 0; j < probes; j++) {
      const [x, y] = map([
        (target.width * i) / (probes - 1),
        (target.height * j) / (probes - 1),
      ]);
      if (!Number.isFinite(x + y)) continue;
      minX = Math.min(minX, x);
      minY = Math.min(minY, y);
      maxX = Math.max(maxX, x);
      maxY = Math.max(maxY, y);
    }
  }
  // edges bulge between probes by far less than this share of the whole
  const margin = 2 + 0.002 * Math.max(maxX - minX, maxY - minY);
  const x = Math.max(0, Math.floor(minX - margin));
  const y = Math.max(0, Math.floor(minY - margin));
  const right = Math.min(source.width, Math.ceil(maxX + margin));
  const bottom = Math.min(source.height, Math.ceil(maxY + margin));
  if (!(right > x && bottom > y)) return null;
  return { x, y, width: right - x, height: bottom - y };
}

/** Source pixels that one target pixel covers, in the middle of the target: along x, along y. */
export function pixelsPerPixel(source: Grid, target: Grid): [x: number, y: number] {
  const map = pixelMap(target, source);
  const column = target.width / 2, row = target.height / 2;
  const [x, y] = map([column, row]);
  const [rightX, rightY] = map([column + 1, row]);
  const [downX, downY] = map([column, row + 1]);
  return [
    Math.hypot(rightX - x, downX - x),
    Math.hypot(rightY - y, downY - y),
  ];
}
