/**
 * Copernicus-Embed-025deg: one map of embeddings in cells of a quarter of a degree.
 *
 * Source: the dataset torchgeo/copernicus_embed; arXiv 2503.11849.
 *
 * @module
 */

import type { Grid } from "@rsembed/core";
import { lonLatBounds } from "../raster/crs.ts";
import { emptyRaster, type PixelWindow } from "../raster/raster.ts";
import type { Product, ProductTools } from "./product.ts";

/** The file, at the revision that its checksum is known of. */
export const copernicusFile =
  "https://huggingface.co/datasets/torchgeo/copernicus_embed/resolve/435b4a7bdce6f6fdbf4272f9d6e54f2604f35fdb/embed_map_310k.tif";

/** Edges this near to one of a cell lie on it, cells. */
const dust = 1e-9;

/** The product, from a file or an address of one. */
export function copernicusProduct(href: string, { reader }: ProductTools): Product {
  return {
    source: "torchgeo/copernicus_embed",
    years: [2021, 2021],
    async align(grid, _request, options) {
      const { info } = await reader.open(href, options);
      return cellsUnder(info.grid, grid);
    },
    async read({ grid, dimensions }, options) {
      const cog = await reader.open(href, options);
      const level = cog.levels[0]!;
      const raster = emptyRaster(grid, dimensions.length);
      const plane = grid.width * grid.height;
      for (const { window, to } of piecesOf(level.grid, grid)) {
        const part = { level, window, bands: dimensions };
        const pixels = await reader.read(cog, part, options);
        const own = window.width * window.height;
        for (let i = 0; i < own; i++) {
          const at = Math.floor(i / window.width) * grid.width + to + i % window.width;
          // the sea is stored as zeros
          let any = false;
          for (let d = 0; d < dimensions.length; d++) {
            const value = pixels.data[d * own + i]!;
            raster.data[d * plane + at] = value;
            any ||= value !== 0;
          }
          if (any && pixels.valid[i] === 1) raster.valid[at] = 1;
        }
      }
      return {
        raster,
        items: [{ id: "embed_map_310k", datetime: "2021-01-01" }],
        notes: { resolution_deg: level.grid.transform[0] },
      };
    },
  };
}

/**
 * The cells that a place touches; of a place smaller than a cell, the one that its centre lies in. Columns
 * go on beyond the antimeridian.
 */
export function cellsUnder(map: Grid, place: Grid): Grid {
  const [step, , west, , down, north] = map.transform;
  const { minLon, minLat, maxLon, maxLat } = lonLatBounds(place);
  const east = maxLon < minLon ? maxLon + 360 : maxLon;
  const range = (from: number, to: number): [number, number] => {
    if (to - from >= 1 - dust) return [Math.floor(from + dust), Math.ceil(to - dust)];
    const cell = Math.floor((from + to) / 2 + dust);
    return [cell, cell + 1];
  };
  const [left, right] = range((minLon - west) / step, (east - west) / step);
  const [top, bottom] = range((maxLat - north) / down, (minLat - north) / down);
  const first = Math.max(0, Math.min(map.height - 1, top));
  const last = Math.max(first + 1, Math.min(map.height, bottom));
  return {
    crs: map.crs,
    transform: [step, 0, west + left * step, 0, down, north + first * down],
    width: right - left,
    height: last - first,
  };
}

/** The windows of the map that make up a grid of its cells, as it goes round. */
function piecesOf(map: Grid, grid: Grid): { window: PixelWindow; to: number }[] {
  const [step, , west, , down, north] = map.transform;
  const start = Math.round((grid.transform[2] - west) / step);
  const y = Math.round((grid.transform[5] - north) / down);
  const pieces = [];
  for (let to = 0; to < grid.width;) {
    const x = ((start + to) % map.width + map.width) % map.width;
    const width = Math.min(grid.width - to, map.width - x);
    pieces.push({ window: { x, y, width, height: grid.height }, to });
    to += width;
  }
  return pieces;
}
