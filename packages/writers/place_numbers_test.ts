import assert from "node:assert/strict";
import { test } from "node:test";
import { northUpGrid } from "@rsembed/core";
import { about, combined, embedding } from "./_suite/fixtures.ts";
import { memoryDataset } from "./memory_dataset.ts";
import { middlesOf, placeNumbers } from "./place_numbers.ts";

const grid = northUpGrid({
  crs: "EPSG:32632",
  west: 500_000,
  north: 6_000_000,
  pixelSize: 10,
  width: 2,
  height: 2,
});

test("placeNumbers() gives where and when rows are, NaN where that is not known", async () => {
  const cells = [0, 1, 2].map((index) => embedding("m", index));
  const [first, second, third] = cells.map(({ place }) => place);
  const rows = [
    { ...cells[0]!, place: { ...first!, start: "1970-01-02", end: "1970-01-04" } },
    { ...cells[1]!, place: { ...second!, footprint: null, start: null, end: null, grid } },
    { ...cells[2]!, place: { ...third!, grid: { ...grid, crs: "LOCAL" } } },
  ];
  const { columns } = memoryDataset(rows, { ...combined(3), about });
  const seen: number[] = [];
  const numbers = await placeNumbers(columns[0]!, { onPlace: (_, row) => seen.push(row) });
  assert.deepEqual(seen, [0, 1, 2]);
  const { lon, lat, start, end, grids } = numbers;
  assert(Math.abs(lon[0]! - first!.footprint!.reduce((sum, [x]) => sum + x / 4, 0)) < 1e-9);
  assert.deepEqual([lon[1], lat[1], start[1], end[1]], [NaN, NaN, NaN, NaN]);
  assert.deepEqual([start[0], end[0], middlesOf(numbers)[0]], [1, 3, 2]);
  assert.deepEqual([...grids!.epsg], [0, 32632, 0]);
  assert.deepEqual([...grids!.transforms.subarray(0, 6)], new Array(6).fill(NaN));
  assert.deepEqual([...grids!.transforms.subarray(6, 12)], [...grid.transform]);
});

test("placeNumbers() has no grids where no row has one, and stops at a signal", async () => {
  const { columns: [column] } = memoryDataset([embedding("m", 0)], { ...combined(1), about });
  assert.equal((await placeNumbers(column!, {})).grids, null);
  const reason = new Error("enough");
  const signal = AbortSignal.abort(reason);
  await assert.rejects(placeNumbers(column!, { signal }), (error) => error === reason);
});
