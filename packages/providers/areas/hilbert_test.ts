import assert from "node:assert/strict";
import { test } from "node:test";
import { hilbertCells } from "./hilbert.ts";

for (const [columns, rows] of [[1, 1], [8, 8], [5, 3], [1, 9], [16, 2], [13, 11]] as const) {
  test(`hilbertCells() visits each of ${columns} x ${rows} cells once`, () => {
    const cells = [...hilbertCells(columns, rows)];
    assert.equal(cells.length, columns * rows);
    assert.equal(new Set(cells.map(String)).size, cells.length);
    for (const [x, y] of cells) assert(x >= 0 && x < columns && y >= 0 && y < rows);
  });
}

test("hilbertCells() of a square goes from each cell to a neighbour", () => {
  const cells = [...hilbertCells(32, 32)];
  assert.deepEqual(cells[0], [0, 0]);
  cells.slice(1).forEach(([x, y], i) => {
    const [px, py] = cells[i]!;
    assert.equal(Math.abs(x - px) + Math.abs(y - py), 1);
  });
});

test("hilbertCells() reads tiles of two cells fewer times than rows do, with a small cache", () => {
  const reads = (cells: Iterable<readonly [number, number]>) => {
    const cache = new Set<string>();
    let count = 0;
    for (const [x, y] of cells) {
      const tile = `${x >> 1} ${y >> 1}`;
      if (!cache.delete(tile)) count++;
      cache.add(tile);
      if (cache.size > 8) cache.delete(cache.values().next().value!);
    }
    return count;
  };
  const rowwise = Array.from({ length: 40 * 40 }, (_, i) => [i % 40, Math.floor(i / 40)] as const);
  assert.equal(reads(rowwise), 800);
  assert.equal(reads(hilbertCells(40, 40)), 400);
});

test("hilbertCells() of nothing is nothing", () => {
  assert.deepEqual([...hilbertCells(0, 5)], []);
});
