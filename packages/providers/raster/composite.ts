/**
 * Several rasters of one grid made into one.
 *
 * @module
 */

import type { Composite, Grid } from "@rsembed/core";
import { emptyRaster, type Raster } from "./raster.ts";

/**
 * The composite of rasters on one grid, in time order: per pixel and band the median of those that have
 * imagery there (the mean of the middle two of an even number), or the last one that has.
 *
 * @param layers Oldest first; at least one; all of the same size and bands
 * @throws {RangeError} If there is no layer, or their sizes differ
 *
 * @example
 * ```ts
 * import { northUpGrid } from "@rsembed/core";
 * import { composite } from "@rsembed/providers/raster";
 * import assert from "node:assert/strict";
 *
 * const grid = northUpGrid({
 *   crs: "EPSG:32633", west: 0, north: 0, pixelSize: 10, width: 2, height: 1,
 * });
 * const day = (a: number, b: number, valid: number) => ({
 *   grid, bands: 1, data: new Float32Array([a, b]), valid: new Uint8Array([1, valid]),
 * });
 * const days = [day(1, 5, 1), day(2, 7, 1), day(9, 0, 0)];
 * assert.deepEqual([...composite(days, "median").data], [2, 6]);
 * assert.deepEqual([...composite(days, "mosaic").data], [9, 7]);
 * ```
 */
export function composite(layers: readonly Raster[], how: Composite): Raster {
  const first = layers[0];
  if (!first) throw new RangeError("Cannot make a composite of no layers");
  for (const layer of layers) {
    if (!sameSize(layer.grid, first.grid) || layer.bands !== first.bands) {
      throw new RangeError("Cannot make a composite of layers of different sizes or bands");
    }
  }
  if (layers.length === 1) return first;
  return how === "mosaic" ? mosaic(layers, first) : median(layers, first);
}

function sameSize(a: Grid, b: Grid): boolean {
  return a.width === b.width && a.height === b.height;
}

function mosaic(layers: readonly Raster[], { grid, bands }: Raster): Raster {
  const out = emptyRaster(grid, bands);
  const plane = grid.width * grid.height;
  for (let n = layers.length - 1; n >= 0; n--) {
    const { data, valid } = layers[n]!;
    for (let i = 0; i < plane; i++) {
      if (out.valid[i] === 1 || valid[i] === 0) continue;
      out.valid[i] = 1;
      for (let at = i; at < data.length; at += plane) out.data[at] = data[at]!;
    }
  }
  return out;
}

/** Values that are sorted as they come, which is faster than calling a sort for so few. */
const insertedAtMost = 40;

/** Puts a value among `count` sorted ones. */
function insert(sorted: Float32Array, count: number, value: number): void {
  let at = count;
  while (at > 0 && sorted[at - 1]! > value) {
    sorted[at] = sorted[at - 1]!;
    at--;
  }
  sorted[at] = value;
}

function median(layers: readonly Raster[], { grid, bands }: Raster): Raster {
  const out = emptyRaster(grid, bands);
  const plane = grid.width * grid.height;
  const values = new Float32Array(layers.length);
  const present = new Uint32Array(layers.length);
  for (let i = 0; i < plane; i++) {
    let count = 0;
    for (let n = 0; n < layers.length; n++) {
      if (layers[n]!.valid[i] === 1) present[count++] = n;
    }
    if (count === 0) continue;
    out.valid[i] = 1;
    const half = count >> 1;
    for (let at = i; at < out.data.length; at += plane) {
      if (count <= insertedAtMost) {
        for (let k = 0; k < count; k++) insert(values, k, layers[present[k]!]!.data[at]!);
      } else {
        for (let k = 0; k < count; k++) values[k] = layers[present[k]!]!.data[at]!;
        // a typed array sorts by number, without a callback
        values.subarray(0, count).sort();
      }
      out.data[at] = count % 2 === 1 ? values[half]! : (values[half - 1]! + values[half]!) / 2;
    }
  }
  return out;
}
