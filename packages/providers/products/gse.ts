/**
 * AlphaEarth Foundations satellite embeddings, from the files that are open to all.
 *
 * Source: the README of the bucket alphaearth_foundations, for layout and quantisation.
 *
 * @module
 */

import { errorMessage, RsembedError, type RunOptions } from "@rsembed/core";
import { keepWork } from "../http/kept_work.ts";
import { blocksOf, putRaster } from "../raster/blocks.ts";
import { lonLatBounds } from "../raster/crs.ts";
import { sourceWindow } from "../raster/lattice.ts";
import { lonLatMeet } from "../raster/lonlat.ts";
import { emptyRaster, type Raster, windowGrid } from "../raster/raster.ts";
import { warp } from "../raster/warp.ts";
import { type GseFile, readGseIndex } from "./gse_index.ts";
import { fillFrom, type Product, type ProductRequest, type ProductTools } from "./product.ts";

/** Folders of the years, first choice first. */
export const gseRoots: readonly string[] = [
  "https://data.source.coop/tge-labs/aef/v1/annual",
  "https://storage.googleapis.com/alphaearth_foundations/satellite_embedding/v1/annual",
];

/** The stored number of a missing pixel. */
const missing = -128;
/** Values of a block that is read at once. */
const blockValues = 2 ** 26;

/**
 * A stored number as it is meant: `sign(q) (q / 127.5)^2`, from -1 to 1.
 *
 * Source: as the module.
 */
export function dequantizeGse(stored: number): number {
  return Math.sign(stored) * (stored / 127.5) ** 2;
}

/** The product, read from the first of some folders that has a place. */
export function gseProduct(roots: readonly string[], tools: ProductTools): Product {
  const indexes = keepWork<GseFile[]>(roots.length);

  async function filesNear(
    root: string,
    { grid, year }: ProductRequest,
    { signal }: RunOptions,
  ): Promise<GseFile[]> {
    const here = lonLatBounds(grid);
    const index = await indexes
      .get(root, (signal) => readGseIndex(`${root}/aef_index.parquet`, tools.client, { signal }))
      .join(signal);
    const near = index.filter((file) => file.year === year && lonLatMeet(file.bounds, here));
    // those of the grid's own zone first: their pixels are not resampled
    return near.sort((a, b) =>
      Number(b.crs === grid.crs) - Number(a.crs === grid.crs) || (a.path < b.path ? -1 : 1)
    );
  }

  return {
    source: "GOOGLE/SATELLITE_EMBEDDING/V1/ANNUAL",
    years: [2017, 2025],
    align: (grid) => Promise.resolve(grid),
    async read(request, options) {
      const passedOver: string[] = [];
      let failure: unknown = null;
      for (const root of roots) {
        try {
          const files = await filesNear(root, request, options);
          const answer = await readFiles(root, files, { request, tools, options });
          if (answer.used.length === 0) {
            passedOver.push(`${root}: no pixels of ${request.year}`);
            continue;
          }
          return {
            raster: answer.raster,
            items: answer.used.map(({ path }) => ({ id: path, datetime: `${request.year}-01-01` })),
            notes: {
              route: "files",
              root,
              ...(passedOver.length > 0 ? { passed_over: passedOver } : {}),
            },
          };
        } catch (error) {
          options.signal?.throwIfAborted();
          failure ??= error;
          passedOver.push(`${root}: ${errorMessage(error)}`);
        }
      }
      if (failure !== null) throw failure;
      throw new RsembedError(
        "no-data",
        `Cannot find AlphaEarth embeddings of ${request.year} at the place (${
          passedOver.join("; ")
        })`,
        { facts: { source: "AlphaEarth" } },
      );
    },
  };
}

async function readFiles(
  root: string,
  files: readonly GseFile[],
  { request, tools: { reader }, options }: {
    readonly request: ProductRequest;
    readonly tools: ProductTools;
    readonly options: RunOptions;
  },
): Promise<{ raster: Raster; used: GseFile[] }> {
  const { grid, dimensions } = request;
  const raster = emptyRaster(grid, dimensions.length);
  const used = new Set<GseFile>();
  const side = Math.floor(Math.sqrt(blockValues / dimensions.length));
  for (const window of blocksOf(grid, side)) {
    const target = windowGrid(grid, window);
    const block = emptyRaster(target, dimensions.length);
    for (const file of files) {
      if (!block.valid.includes(0)) break;
      const cog = await reader.open(`${root}/${file.path}`, options);
      const level = cog.levels[0]!;
      const source = sourceWindow(level.grid, target);
      if (!source) continue;
      const part = { level, window: source, bands: dimensions, nodata: missing };
      const pixels = await reader.read(cog, part, options);
      for (let i = 0; i < pixels.data.length; i++) pixels.data[i] = dequantizeGse(pixels.data[i]!);
      // vectors of a sphere are not mixed
      const layer = warp(pixels, target, { resampling: "nearest" });
      if (fillFrom(block, layer) > 0) used.add(file);
    }
    putRaster(block, window, raster);
  }
  return { raster, used: [...used] };
}
