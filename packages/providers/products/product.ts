/**
 * The seam to a product of stored embeddings.
 *
 * @module
 */

import type { Grid, RunOptions, SourceItem } from "@rsembed/core";
import type { RangeClient } from "../http/range_client.ts";
import type { Raster } from "../raster/raster.ts";
import type { CogReader } from "../tiff/cog.ts";

/** What products are read with. */
export interface ProductTools {
  readonly client: RangeClient;
  readonly reader: CogReader;
}

/** What is read. */
export interface ProductRequest {
  /** Name of the collection. */
  readonly collection: string;
  /** Calendar year. */
  readonly year: number;
  /** Positions of the dimensions wanted. */
  readonly dimensions: readonly number[];
  /** The grid to fill. */
  readonly grid: Grid;
}

/** What a product has there. */
export interface ProductAnswer {
  /** (D, H, W) on the grid asked for; valid where there is an embedding. */
  readonly raster: Raster;
  readonly items: readonly SourceItem[];
  /** Anything a reader of the metadata should know. */
  readonly notes: Readonly<Record<string, unknown>>;
}

/** One product. */
export interface Product {
  /** Where it is read from, for provenance. */
  readonly source: string;
  /** The years it has. */
  readonly years: readonly [first: number, last: number];
  /** Lays a place's grid onto the product's own pixels, so that they are not resampled. */
  align(grid: Grid, request: Omit<ProductRequest, "grid">, options: RunOptions): Promise<Grid>;
  /**
   * Reads embeddings.
   *
   * @throws {RsembedError} As the client; `corrupt` for files that are not what they claim
   */
  read(request: ProductRequest, options: RunOptions): Promise<ProductAnswer>;
}

/** A grid moved by less than a pixel onto the lattice of another of the same CRS and pixel size. */
export function onLattice(grid: Grid, lattice: Grid): Grid {
  const [a, b, c, d, e, f] = grid.transform;
  const [la, lb, lc, ld, le, lf] = lattice.transform;
  const isAlike = grid.crs === lattice.crs && b === 0 && d === 0 && lb === 0 && ld === 0 &&
    Math.abs(a - la) < 1e-9 * a && Math.abs(Math.abs(e) - Math.abs(le)) < 1e-9 * Math.abs(e);
  if (!isAlike) return grid;
  const snap = (x: number, origin: number, step: number) =>
    origin + Math.round((x - origin) / step) * step;
  return { ...grid, transform: [a, b, snap(c, lc, a), d, e, snap(f, lf, Math.abs(e))] };
}

/** Copies what a raster has into another of the same grid, where that has nothing yet. */
export function fillFrom(target: Raster, source: Raster): number {
  const plane = target.valid.length;
  let count = 0;
  for (let i = 0; i < plane; i++) {
    if (target.valid[i] === 1 || source.valid[i] === 0) continue;
    target.valid[i] = 1;
    count++;
    for (let at = i; at < target.data.length; at += plane) target.data[at] = source.data[at]!;
  }
  return count;
}
