import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { bytesOf, isRsembedError, ndarray, northUpGrid, type TokenGrid } from "@rsembed/core";
import { cutPatch, cutTile } from "./cut.ts";
import { mergePooled, tileWeights } from "./merge.ts";
import { planTiles, snapSize, tilesOf, tileStarts } from "./plan.ts";
import { keptCells, stitchGrids } from "./stitch.ts";
import { cropGrid, type RoiWindow, tokenBox } from "./window.ts";

function fixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`testdata/${name}.json`, import.meta.url), "utf8"));
}

type Corners = readonly [number, number, number, number];
type Pairs = Record<string, [number, number]>;

function windowOf([top, bottom, left, right]: Corners): RoiWindow {
  return { top, bottom, left, right };
}

function plan(height: number, width: number, tileSizePx: number) {
  return planTiles({ height, width }, { tileSizePx, maxTilesHard: 1024, padEdges: true });
}

interface TilingCase {
  readonly h: number;
  readonly w: number;
  readonly tile: number;
  readonly snap_to: [number, number];
  readonly estimate: number;
  readonly ys: number[];
  readonly xs: number[];
  readonly tiles: { y0: number; y1: number; x0: number; x1: number }[];
  readonly owned_rows: Pairs;
  readonly owned_cols: Pairs;
  readonly crops_by_tile_grid: Record<string, { rows: Pairs; cols: Pairs }>;
  readonly pool_weights: number[];
  readonly roi: Corners;
  readonly roi_weights: number[];
  readonly last_tile_sha256: string;
}

for (const c of fixture<TilingCase[]>("tiling")) {
  test(`planTiles() cuts ${c.h} x ${c.w} px into tiles of ${c.tile} as rs-embed does`, () => {
    const size = { height: c.h, width: c.w };
    const snapped = snapSize(size, { tileSizePx: c.tile, tileSnapFraction: 0.1 });
    assert.deepEqual([snapped.height, snapped.width], c.snap_to);
    assert.deepEqual(tileStarts(c.h, c.tile), c.ys);
    assert.deepEqual(tileStarts(c.w, c.tile), c.xs);
    const tiles = plan(c.h, c.w, c.tile);
    const { rows, columns } = tiles;
    assert.equal(tilesOf(tiles).length, c.estimate);
    assert.deepEqual(
      tilesOf(tiles).map(({ row, column }) => [row.start, row.end, column.start, column.end]),
      c.tiles.map(({ y0, y1, x0, x1 }) => [y0, y1, x0, x1]),
    );
    const owned = (spans: typeof rows) => spans.map((s) => [s.ownedStart, s.ownedEnd]);
    assert.deepEqual(owned(rows), Object.values(c.owned_rows));
    assert.deepEqual(owned(columns), Object.values(c.owned_cols));
    for (const [cells, kept] of Object.entries(c.crops_by_tile_grid)) {
      const grid = { cells: Number(cells), spanPx: c.tile };
      const ranges = (spans: typeof rows) => keptCells(spans, grid).map((r) => [r.from, r.to]);
      assert.deepEqual(ranges(rows), Object.values(kept.rows), `rows of ${cells} cells`);
      assert.deepEqual(ranges(columns), Object.values(kept.cols), `columns of ${cells} cells`);
    }
    assert.deepEqual(tileWeights(tiles), c.pool_weights);
    tileWeights(tiles, windowOf(c.roi)).forEach((weight, i) => {
      const wanted = c.roi_weights[i]!;
      assert(Math.abs(weight - wanted) <= 1e-5 * wanted, `${weight}, ${wanted}`);
    });
    const data = Float32Array.from({ length: c.h * c.w }, (_, i) => i);
    const image = ndarray("float32", { axes: ["c", "y", "x"], shape: [1, c.h, c.w], data });
    const last = cutTile(image, { tile: tilesOf(tiles).at(-1)!, plan: tiles });
    const digest = createHash("sha256").update(bytesOf(last)).digest("hex");
    assert.equal(digest, c.last_tile_sha256);
  });
}

interface StitchCase {
  readonly h: number;
  readonly w: number;
  readonly tile: number;
  readonly roi: Corners | null;
  /** A text where they are those of the case without a window. */
  readonly tile_grids: number[][][][] | string;
  readonly tile_vectors: number[][] | string;
  readonly grid: number[][][];
  readonly grid_meta: { stitched_grid_shape: number[] };
  readonly mean: number[];
  readonly max: number[];
}

function tokens(nested: readonly (readonly (readonly number[])[])[]): TokenGrid {
  return ndarray("float32", {
    axes: ["d", "y", "x"],
    shape: [nested.length, nested[0]!.length, nested[0]![0]!.length],
    data: Float32Array.from(nested.flat(2)),
  });
}

const stitchCases = fixture<StitchCase[]>("stitch");
for (const c of stitchCases) {
  test(`stitchGrids() and mergePooled() agree with rs-embed (${c.h} x ${c.w}, ${c.roi})`, () => {
    const tiles = plan(c.h, c.w, c.tile);
    const window = c.roi && windowOf(c.roi);
    const { tile_grids, tile_vectors } = stitchCases.find((other) =>
      other.h === c.h && other.w === c.w && other.roi === null
    )!;
    assert(Array.isArray(tile_grids) && Array.isArray(tile_vectors));
    const whole = stitchGrids(tile_grids.map(tokens), tiles);
    const [, height, width] = whole.shape;
    assert.deepEqual([height, width], c.grid_meta.stitched_grid_shape);
    const grid = window ? cropGrid(whole, tokenBox(window, { height, width })) : whole;
    const wanted = tokens(c.grid);
    assert.deepEqual([grid.shape, grid.data], [wanted.shape, wanted.data]);
    const vectors = tile_vectors.map((values) =>
      ndarray("float32", {
        axes: ["d"],
        shape: [values.length],
        data: Float32Array.from(values),
      })
    );
    for (const pooling of ["mean", "max"] as const) {
      mergePooled(vectors, tiles, { pooling, window }).data.forEach((value, d) => {
        const wanted = c[pooling][d]!;
        assert(Math.abs(value - wanted) <= 1e-5 * Math.abs(wanted), `${value}, ${wanted}`);
      });
    }
  });
}

test("tokenBox() agrees with rs-embed", () => {
  type Case = { roi: Corners; h: number; w: number; box: number[] };
  for (const { roi, h, w, box } of fixture<Case[]>("token_box")) {
    const { top, bottom, left, right } = tokenBox(windowOf(roi), { height: h, width: w });
    assert.deepEqual([top, bottom, left, right], box);
  }
  const edge = { top: 1, bottom: 1, left: -0.5, right: 0 };
  assert.deepEqual(tokenBox(edge, { height: 4, width: 4 }), {
    top: 3,
    bottom: 4,
    left: 0,
    right: 1,
  });
});

test("planTiles() covers every size once, and stitched cells follow each other", () => {
  for (let side = 1; side <= 120; side++) {
    for (const tile of [1, 7, 16, 64]) {
      const { rows } = planTiles(
        { height: side, width: 1 },
        { tileSizePx: tile, maxTilesHard: 200, padEdges: true },
      );
      let end = 0;
      for (const { start, end: seen, ownedStart, ownedEnd } of rows) {
        assert.equal(ownedStart, end);
        assert(ownedEnd > ownedStart && start <= ownedStart && ownedEnd <= seen);
        end = ownedEnd;
      }
      assert.equal(end, side);
      // one cell a pixel loses and repeats nothing
      const pixels = keptCells(rows, { cells: tile, spanPx: tile })
        .flatMap(({ from, to }, i) =>
          Array.from({ length: to - from }, (_, k) => rows[i]!.start + from + k)
        );
      assert.deepEqual(pixels, Array.from({ length: side }, (_, i) => i));
    }
  }
});

test("planTiles() refuses too many tiles and sizes that are none", () => {
  const prep = { tileSizePx: 16, maxTilesHard: 8, padEdges: true };
  assert.throws(
    () => planTiles({ height: 48, width: 48 }, prep),
    (error) => isRsembedError(error, "limit") && error.facts.actual === 9,
  );
  assert.throws(() => planTiles({ height: 2 ** 40, width: 2 ** 40 }, prep), /at most 8/);
  for (const height of [0, -1, 1.5, NaN]) {
    assert.throws(() => planTiles({ height, width: 16 }, prep), RangeError);
  }
});

test("cutPatch() puts a tile on its own grid, and repeats edges where it is told to", () => {
  const shape = [1, 1, 3, 5] as const;
  const patch = {
    pixels: ndarray("float32", {
      axes: ["t", "band", "y", "x"],
      shape,
      data: Float32Array.from({ length: 15 }, (_, i) => i),
    }),
    valid: ndarray("uint8", { axes: ["t", "y", "x"], shape: [1, 3, 5] }),
    bands: ["B4"],
    times: [null],
    grid: northUpGrid({
      crs: "EPSG:32632",
      west: 500000,
      north: 6000000,
      pixelSize: 10,
      width: 5,
      height: 3,
    }),
    provenance: { provider: "test", source: "test", items: [], notes: {} },
  };
  for (const padEdges of [true, false]) {
    const tiles = planTiles({ height: 3, width: 5 }, { tileSizePx: 4, maxTilesHard: 9, padEdges });
    const cut = cutPatch(patch, { tile: tilesOf(tiles)[1]!, plan: tiles });
    const rows = [[1, 2, 3, 4], [6, 7, 8, 9], [11, 12, 13, 14]];
    const wanted = padEdges ? [...rows, rows[2]!] : rows;
    assert.deepEqual([...cut.pixels.data], wanted.flat());
    assert.deepEqual(cut.pixels.shape, [1, 1, wanted.length, 4]);
    assert.deepEqual(cut.valid.shape, [1, wanted.length, 4]);
    assert.deepEqual(cut.grid.transform, [10, 0, 500010, 0, -10, 6000000]);
    assert.deepEqual([cut.grid.height, cut.grid.width], [wanted.length, 4]);
  }
});

test("stitchGrids() without padding spreads cells over the pixels there are", () => {
  const tiles = planTiles(
    { height: 10, width: 40 },
    { tileSizePx: 16, maxTilesHard: 9, padEdges: false },
  );
  const grids = [0, 1, 2].map(() => tokens([Array(5).fill([1, 2, 3, 4])]));
  assert.deepEqual(stitchGrids(grids, tiles).shape, [1, 5, 10]);
});

test("stitchGrids() and mergePooled() refuse outputs that do not belong to the tiles", () => {
  const tiles = plan(16, 32, 16);
  const grid = tokens([[[1]]]);
  const vector = (dim: number) => ndarray("float32", { axes: ["d"], shape: [dim] });
  const pooling = "mean";
  assert.throws(() => stitchGrids([grid], tiles), RangeError);
  assert.throws(() => stitchGrids([grid, tokens([[[1, 2]]])], tiles), RangeError);
  assert.throws(() => mergePooled([vector(1)], tiles, { pooling }), RangeError);
  assert.throws(() => mergePooled([vector(1), vector(2)], tiles, { pooling }), RangeError);
});

test("mergePooled() ignores a window that touches no tile", () => {
  const tiles = plan(16, 32, 16);
  const vectors = [1, 3].map((value) =>
    ndarray("float32", { axes: ["d"], shape: [1], data: Float32Array.of(value) })
  );
  const window = { top: 0.5, bottom: 0.5, left: 0, right: 1 };
  assert.equal(mergePooled(vectors, tiles, { pooling: "mean", window }).data[0], 2);
});
