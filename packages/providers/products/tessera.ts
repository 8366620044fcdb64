/**
 * Tessera: annual embeddings of 10 m pixels, as tiles of int8 with a scale for each pixel.
 *
 * Source: the layout of the GeoTessera library, 0.10 and later.
 *
 * @module
 */

import { type Grid, isRsembedError, mapPool, RsembedError, type RunOptions } from "@rsembed/core";
import { lonLatBounds, transformer } from "../raster/crs.ts";
import { sourceWindow } from "../raster/lattice.ts";
import { emptyRaster, type PixelWindow, type Raster, windowGrid } from "../raster/raster.ts";
import { warp } from "../raster/warp.ts";
import { keepWork } from "../http/kept_work.ts";
import type { SharedWork } from "../http/shared_work.ts";
import { type NpyFile, openNpy, readNpyRows } from "./npy_rows.ts";
import {
  fillFrom,
  onLattice,
  type Product,
  type ProductRequest,
  type ProductTools,
} from "./product.ts";
import { tesseraCell, tesseraCells } from "./tessera_cells.ts";

/** Where the datasets are published. */
export const tesseraRoot = "https://data.source.coop/tessera/tessera";

/** Length of an embedding. */
const depth = 128;
/** Rows that are fetched together, and kept. */
const rowsAtOnce = 32;
/** Cells of a place at most. */
const maxCells = 400;
/** Tiles whose headers are read at once. */
const tilesAtOnce = 8;
/** Tiles whose headers are kept. */
const maxTiles = 512;

/** A tile, known but not read. */
interface Tile {
  readonly name: string;
  readonly grid: Grid;
  readonly values: NpyFile;
  readonly scales: NpyFile;
}

/** The product, below a folder or an address. */
export function tesseraProduct(root: string, { client, reader }: ProductTools): Product {
  const tiles = keepWork<Tile | null>(maxTiles);

  /** `null` where there is no such tile. */
  function openTile(
    name: string,
    { collection, year }: Pick<ProductRequest, "collection" | "year">,
  ): SharedWork<Tile | null> {
    const dataset = datasetOf(collection);
    const key = `${dataset}/${year}/${name}`;
    return tiles.get(key, (signal) => readTile(key, { name, dataset, signal }));
  }

  async function readTile(
    key: string,
    { name, dataset, signal }: { name: string; dataset: string; signal: AbortSignal },
  ): Promise<Tile | null> {
    const folder = `${root}/npy/${key}`;
    let values: NpyFile;
    try {
      values = await openNpy(`${folder}/${name}.npy`, client, { signal });
    } catch (error) {
      if (isRsembedError(error, "not-found")) return null;
      throw error;
    }
    const scales = await openNpy(`${folder}/${name}_scales.npy`, client, { signal });
    // the only file that says where the pixels lie
    const mask = await reader.open(
      `${root}/landmasks/${landmasksOf(dataset)}/${name}.tiff`,
      { signal },
    );
    const { grid } = mask.info;
    const shape = [grid.height, grid.width, depth];
    const isAlike = (given: readonly number[], wanted: readonly number[]) =>
      given.length === wanted.length && given.every((side, i) => side === wanted[i]);
    const fits = values.descr === "|i1" && isAlike(values.shape, shape) && scales.descr === "<f4" &&
      (isAlike(scales.shape, shape.slice(0, 2)) || isAlike(scales.shape, shape));
    if (!fits) {
      throw new RsembedError(
        "corrupt",
        `Cannot read Tessera's tile "${key}": values (${values.shape}), scales (${scales.shape}) and landmask (${grid.height},${grid.width}) do not fit`,
        { facts: { source: folder } },
      );
    }
    return { name, grid, values, scales };
  }

  /** Embeddings under a window of a tile, (D, H, W); missing where the scale is not finite. */
  async function readWindow(
    tile: Tile,
    { window, dimensions, signal }: RunOptions & {
      readonly window: PixelWindow;
      readonly dimensions: readonly number[];
    },
  ): Promise<Raster> {
    const out = emptyRaster(windowGrid(tile.grid, window), dimensions.length);
    const plane = window.width * window.height;
    const { width, height } = tile.grid;
    const perScale = tile.scales.shape.length === 3 ? depth : 1;
    for (
      let top = window.y - window.y % rowsAtOnce;
      top < window.y + window.height;
      top += rowsAtOnce
    ) {
      const rows = Math.min(rowsAtOnce, height - top);
      const [values, scales] = await Promise.all(
        [tile.values, tile.scales].map((file) =>
          reader.cache.get(`${top} ${file.href}`, async (signal) => {
            const bytes = await readNpyRows(file, { row: top, rows }, { client, signal });
            return file === tile.values
              ? new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length)
              : new Float32Array(bytes.slice().buffer);
          }).join(signal)
        ),
      );
      const first = Math.max(top, window.y);
      const last = Math.min(top + rows, window.y + window.height);
      for (let y = first; y < last; y++) {
        for (let x = 0; x < window.width; x++) {
          const from = (y - top) * width + window.x + x;
          const to = (y - window.y) * window.width + x;
          if (!Number.isFinite(scales![from * perScale]!)) continue;
          out.valid[to] = 1;
          for (let d = 0; d < dimensions.length; d++) {
            const k = dimensions[d]!;
            const scale = scales![from * perScale + (perScale === 1 ? 0 : k)]!;
            out.data[d * plane + to] = values![from * depth + k]! * scale;
          }
        }
      }
    }
    return out;
  }

  return {
    source: root,
    years: [2017, 2025],
    async align(grid, request, { signal }) {
      const tile = await openTile(tesseraCell(centreOf(grid)), request).join(signal);
      return tile ? onLattice(grid, tile.grid) : grid;
    },
    async read(request, options) {
      const { grid, collection, year } = request;
      const cells = tesseraCells(lonLatBounds(grid));
      if (cells.length > maxCells) {
        throw new RsembedError(
          "limit",
          `Cannot read ${cells.length} tiles of Tessera for one place: at most ${maxCells} are, use smaller places`,
          { facts: { limit: "tiles of a place", max: maxCells, actual: cells.length } },
        );
      }
      const raster = emptyRaster(grid, request.dimensions.length);
      const found: Tile[] = [];
      const absent: string[] = [];
      const open = async (cell: string) => ({
        cell,
        tile: await openTile(cell, request).join(options.signal),
      });
      const pool = { concurrency: tilesAtOnce, signal: options.signal };
      for await (const { cell, tile } of mapPool(cells, open, pool)) {
        if (tile) found.push(tile);
        else absent.push(cell);
      }
      // tiles of the grid's own zone first: their pixels are not resampled
      found.sort((a, b) => Number(b.grid.crs === grid.crs) - Number(a.grid.crs === grid.crs));
      const used: string[] = [];
      for (const tile of found) {
        const window = sourceWindow(tile.grid, grid);
        if (!window) continue;
        const pixels = await readWindow(tile, {
          window,
          dimensions: request.dimensions,
          ...options,
        });
        if (fillFrom(raster, warp(pixels, grid, { resampling: "nearest" })) > 0) {
          used.push(tile.name);
        }
      }
      if (used.length === 0) {
        throw new RsembedError(
          "no-data",
          `Cannot find Tessera embeddings of ${year} at the place: ${
            found.length === 0
              ? `there is none of the tiles ${absent.slice(0, 3).join(", ")}`
              : "all its pixels are water or missing"
          }`,
          { facts: { source: root } },
        );
      }
      return {
        raster,
        items: used.map((name) => ({
          id: `${datasetOf(collection)}/${year}/${name}`,
          datetime: `${year}-01-01`,
        })),
        notes: {
          dataset: datasetOf(collection),
          ...(absent.length > 0 ? { missing_tiles: absent } : {}),
        },
      };
    },
  };
}

function centreOf(grid: Grid): { lon: number; lat: number } {
  const [a, b, c, d, e, f] = grid.transform;
  const [x, y] = [grid.width / 2, grid.height / 2];
  const point = [a * x + b * y + c, d * x + e * y + f] as const;
  const [lon, lat] = transformer(grid.crs, "EPSG:4326").point(point);
  return { lon: lon > 180 ? lon - 360 : lon, lat };
}

/** The folder of a dataset, from the name of the collection. */
function datasetOf(collection: string): string {
  const dataset = /^tessera\/([\w.~-]+)$/i.exec(collection)?.[1];
  if (dataset && !dataset.startsWith(".")) return dataset;
  throw new RsembedError(
    "unsupported",
    `Cannot read "${collection}": collections of Tessera look like tessera/v1`,
    { facts: { feature: `collection ${collection}` } },
  );
}

/** Landmasks go by the plain version. */
function landmasksOf(dataset: string): string {
  return /^v\d+(?:\.\d+)?/.exec(dataset)?.[0] ?? dataset;
}
