import assert from "node:assert/strict";
import test from "node:test";
import { isRsembedError, ndarray, type TokenGrid } from "@rsembed/core";
import { blendGrids } from "./blend.ts";
import { planTiles, type TilePlan, tilesOf } from "./plan.ts";
import { stitchGrids } from "./stitch.ts";

const prep = { maxTilesHard: 1000, padEdges: true, tileSizePx: 64 };

/** Grids of tiles: a smooth field, and what a model makes of the edge of its input. */
function gridsOf(plan: TilePlan, cells: number, edge: (inside: number) => number): TokenGrid[] {
  const pitch = plan.tileSizePx / cells;
  return tilesOf(plan).map(({ row, column }, tile) => {
    const grid = ndarray("float32", { axes: ["d", "y", "x"], shape: [2, cells, cells] });
    for (let y = 0; y < cells; y++) {
      for (let x = 0; x < cells; x++) {
        const [gy, gx] = [row.start / pitch + y, column.start / pitch + x];
        const inside = Math.min(x, y, cells - 1 - x, cells - 1 - y);
        // each tile errs in a direction of its own
        const error = edge(inside) * Math.cos(tile * 2.4);
        grid.data[y * cells + x] = field(gy, gx) + error;
        grid.data[(cells + y) * cells + x] = 2 * field(gy, gx);
      }
    }
    return grid;
  });
}

const field = (y: number, x: number) => Math.sin(y / 9) + Math.cos(x / 7);

/** Mean step across the columns where tiles meet, over that everywhere else. */
function seamMetric(grid: TokenGrid, seams: readonly number[]): number {
  const [, height, width] = grid.shape;
  const steps = { seam: [0, 0], other: [0, 0] };
  for (let y = 0; y < height; y++) {
    for (let x = 1; x < width; x++) {
      const kind = seams.includes(x) ? steps.seam : steps.other;
      kind[0]! += Math.abs(grid.data[y * width + x]! - grid.data[y * width + x - 1]!);
      kind[1]!++;
    }
  }
  return (steps.seam[0]! / steps.seam[1]!) / (steps.other[0]! / steps.other[1]!);
}

test("blended tiles give back what all agree on, over the whole input", () => {
  for (const [height, width, overlapPx] of [[200, 150, 16], [64, 65, 32], [301, 90, 8]] as const) {
    const plan = planTiles({ height, width }, { ...prep, overlapPx });
    const grid = blendGrids(gridsOf(plan, 16, () => 0), plan);
    assert.deepEqual(grid.shape, [2, Math.ceil(height / 4), Math.ceil(width / 4)]);
    const [, h, w] = grid.shape;
    for (let y = 0; y < h; y++) {
      for (let x = 0; x < w; x++) {
        assert(Math.abs(grid.data[y * w + x]! - field(y, x)) < 1e-6, `${y} ${x}`);
        assert(Math.abs(grid.data[(h + y) * w + x]! - 2 * field(y, x)) < 1e-6);
      }
    }
  }
});

test("blending takes away the seams that cutting leaves", () => {
  const edge = (inside: number) => 0.8 * Math.exp(-inside / 2);
  const cut = planTiles({ height: 256, width: 256 }, prep);
  const cutSeams = cut.columns.slice(1).map(({ ownedStart }) => ownedStart / 4);
  const before = seamMetric(stitchGrids(gridsOf(cut, 16, edge), cut), cutSeams);
  const plan = planTiles({ height: 256, width: 256 }, { ...prep, overlapPx: 32 });
  const seams = plan.columns.slice(1).flatMap((
    { start, ownedStart },
  ) => [start / 4, ownedStart / 4]);
  const after = seamMetric(blendGrids(gridsOf(plan, 16, edge), plan), seams);
  assert(before > 3, `${before}`);
  assert(after < 1.5, `${after}`);
});

test("blending wants an overlap of whole cells, and one grid a tile", () => {
  const plan = planTiles({ height: 128, width: 128 }, { ...prep, overlapPx: 10 });
  const grids = gridsOf(plan, 16, () => 0);
  assert.throws(
    () => blendGrids(grids, plan),
    (e) => isRsembedError(e, "spec") && /a multiple of 4 px/.test(e.message),
  );
  assert.throws(() => blendGrids(grids.slice(1), plan), RangeError);
  assert.throws(
    () => planTiles({ height: 128, width: 128 }, { ...prep, overlapPx: 64 }),
    RangeError,
  );
});
