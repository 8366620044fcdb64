/**
 * Made-up AlphaEarth files. Their index, `aef_index.parquet`, lists them as the public one does.
 *
 * @module
 */

import { type Grid, northUpGrid } from "@rsembed/core";
import { tinyCog } from "../../tiff/testdata/tiny_cog.ts";

/** A file of made-up embeddings. */
export interface TestFile {
  readonly path: string;
  readonly year: number;
  readonly grid: Grid;
}

const base = northUpGrid({
  crs: "EPSG:32632",
  west: 547_000,
  north: 6_346_600,
  pixelSize: 10,
  width: 256,
  height: 256,
});

/** The same ground with rows from the south. */
const bottomUp: Grid = {
  ...base,
  transform: [10, 0, 547_000, 0, 10, 6_346_600 - 2560],
};

/** 32 N from the north, the same from the south, and a file of the next zone. */
export const files: readonly TestFile[] = [
  { path: "2021/32N/topdown-0000000000-0000000000.tiff", year: 2021, grid: base },
  { path: "2022/32N/bottomup-0000000000-0000000000.tiff", year: 2022, grid: bottomUp },
  {
    path: "2022/33N/other-0000000000-0000000000.tiff",
    year: 2022,
    grid: northUpGrid({
      crs: "EPSG:32633",
      west: 184_000,
      north: 6_362_000,
      pixelSize: 10,
      width: 512,
      height: 512,
    }),
  },
];

/** The stored number of a dimension at a pixel counted from the north-west of {@linkcode base}; with a hole. */
export function storedGse(column: number, row: number, dimension: number): number {
  if (column % 50 === 7 && row % 3 === 0) return -128;
  return (column * 3 + row * 5 + dimension * 11) % 255 - 127;
}

/** The bytes of a file. */
export function gseFile({ grid, path }: TestFile): Uint8Array {
  const isOther = path.includes("33N");
  return tinyCog({
    grid,
    type: "int8",
    bands: 64,
    isPlanar: true,
    tile: 128,
    levels: 1,
    nodata: -128,
    value: (column, row, band) =>
      isOther ? band : storedGse(column, grid.transform[4] > 0 ? 255 - row : row, band),
  });
}
