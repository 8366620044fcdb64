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

function spansOf(side: number, tileSizePx: number): TileSpan[] {
  const starts = tileStarts(side, tileSizePx);
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
  prep: Pick<InputPrepSpec, "maxTilesHard" | "padEdges"> & { readonly tileSizePx: number },
): TilePlan {
  const { tileSizePx, maxTilesHard: max, padEdges } = prep;
  for (const side of [height, width, tileSizePx]) {
    if (!Number.isSafeInteger(side) || side < 1) {
      throw new RangeError(`Cannot cut ${height} x ${width} px into tiles of ${tileSizePx} px`);
    }
  }
  const actual = Math.ceil(height / tileSizePx) * Math.ceil(width / tileSizePx);
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
    rows: spansOf(height, tileSizePx),
    columns: spansOf(width, tileSizePx),
  };
}

/** The tiles of a plan, row by row. */
export function tilesOf({ rows, columns }: TilePlan): Tile[] {
  return rows.flatMap((row) => columns.map((column) => ({ row, column })));
}
