/**
 * How a large input is cut into tiles of a model's size: which pixels each tile sees, and which of them
 * are its own.
 *
 * Source: rs-embed 0.2, "cover shift" tiling, as in `tiling.json` of its interop fixtures.
 *
 * @module
 */

import { type InputPrepSpec, roundHalfEven, RsembedError, type Size } from "@rsembed/core";

/** One axis of a tile, px; half-open. */
export interface TileSpan {
  /** What the tile sees. */
  readonly start: number;
  readonly end: number;
  /** What its output stands for: the spans of an axis follow each other without gap or overlap. */
  readonly ownedStart: number;
  readonly ownedEnd: number;
}

/** A grid of tiles over an input. */
export interface TilePlan extends Size {
  /** Side of a tile, px. */
  readonly tileSizePx: number;
  /** Tiles that reach beyond the input are filled up to full size. */
  readonly padEdges: boolean;
  /** How far neighbours reach over each other, px; 0: only the last one does, shifted back. */
  readonly overlapPx: number;
  /** From north. */
  readonly rows: readonly TileSpan[];
  /** From west. */
  readonly columns: readonly TileSpan[];
}

/** One tile of a plan. */
export interface Tile {
  readonly row: TileSpan;
  readonly column: TileSpan;
}

function snapSide(side: number, tileSizePx: number, fraction: number): number {
  const excess = side % tileSizePx;
  return side > tileSizePx && excess <= roundHalfEven(fraction * tileSizePx) ? side - excess : side;
}

/**
 * The size to shrink an input to before it is tiled: a side that exceeds a multiple of the tile by a
 * share of at most `tileSnapFraction` becomes the multiple, which saves a row of tiles for a few pixels.
 */
export function snapSize(
  { height, width }: Size,
  { tileSizePx, tileSnapFraction }: {
    readonly tileSizePx: number;
    readonly tileSnapFraction: number;
  },
): Size {
  return {
    height: snapSide(height, tileSizePx, tileSnapFraction),
    width: snapSide(width, tileSizePx, tileSnapFraction),
  };
}

/** Where tiles begin along a side: side by side, the last one shifted back to end with the side. */
export function tileStarts(side: number, tileSizePx: number): number[] {
  if (side <= tileSizePx) return [0];
  const count = Math.ceil(side / tileSizePx);
  return Array.from({ length: count }, (_, i) => Math.min(i * tileSizePx, side - tileSizePx));
}

/** Where overlapping tiles begin along a side, evenly; the last one may reach beyond. */
function overlappingStarts(side: number, tileSizePx: number, overlapPx: number): number[] {
  const stride = tileSizePx - overlapPx;
  const count = 1 + Math.max(0, Math.ceil((side - tileSizePx) / stride));
  return Array.from({ length: count }, (_, i) => i * stride);
}

/** Number of tiles along a side. */
export function tileCount(side: number, tileSizePx: number, overlapPx: number): number {
  return overlapPx > 0
    ? overlappingStarts(side, tileSizePx, overlapPx).length
    : Math.ceil(side / tileSizePx);
}

function spansOf(side: number, tileSizePx: number, overlapPx: number): TileSpan[] {
  const starts = overlapPx > 0
    ? overlappingStarts(side, tileSizePx, overlapPx)
    : tileStarts(side, tileSizePx);
  const ends = starts.map((start) => Math.min(start + tileSizePx, side));
  // neighbours share their overlap at its middle
  const cuts = starts.slice(1).map((start, i) => Math.floor((ends[i]! + start) / 2));
  return starts.map((start, i) => ({
    start,
    end: ends[i]!,
    ownedStart: cuts[i - 1] ?? start,
    ownedEnd: cuts[i] ?? ends[i]!,
  }));
}

/**
 * Plans the tiles of an input.
 *
 * @throws {RangeError} If a side or the tile is no whole number > 0
 * @throws {RsembedError} `limit` for more than `maxTilesHard` tiles
 */
export function planTiles(
  { height, width }: Size,
  prep:
    & Pick<InputPrepSpec, "maxTilesHard" | "padEdges">
    & Partial<Pick<InputPrepSpec, "overlapPx">>
    & { readonly tileSizePx: number },
): TilePlan {
  const { tileSizePx, maxTilesHard: max, padEdges, overlapPx = 0 } = prep;
  if (!(Number.isSafeInteger(overlapPx) && overlapPx >= 0 && overlapPx < tileSizePx)) {
    throw new RangeError(`Cannot overlap tiles of ${tileSizePx} px by ${overlapPx} px`);
  }
  for (const side of [height, width, tileSizePx]) {
    if (!Number.isSafeInteger(side) || side < 1) {
      throw new RangeError(`Cannot cut ${height} x ${width} px into tiles of ${tileSizePx} px`);
    }
  }
  const actual = tileCount(height, tileSizePx, overlapPx) * tileCount(width, tileSizePx, overlapPx);
  if (actual > max) {
    throw new RsembedError(
      "limit",
      `Cannot cut ${height} x ${width} px into tiles of ${tileSizePx} px: that makes ${actual}, at most ` +
        `${max} are run; take a smaller place, a coarser scale or a higher maxTilesHard`,
      { facts: { limit: "maxTilesHard", max, actual } },
    );
  }
  return {
    height,
    width,
    tileSizePx,
    padEdges,
    overlapPx,
    rows: spansOf(height, tileSizePx, overlapPx),
    columns: spansOf(width, tileSizePx, overlapPx),
  };
}

/** The tiles of a plan, row by row. */
export function tilesOf({ rows, columns }: TilePlan): Tile[] {
  return rows.flatMap((row) => columns.map((column) => ({ row, column })));
}
