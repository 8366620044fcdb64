/**
 * Cloud-optimised GeoTIFFs: read over HTTP by windows, from the overview that is good enough.
 *
 * @module
 */

import {
  errorMessage,
  type Grid,
  isRsembedError,
  RsembedError,
  type RunOptions,
} from "@rsembed/core";
import { keepWork, type KeptWork } from "../http/kept_work.ts";
import type { RangeClient } from "../http/range_client.ts";
import { pixelsPerPixel } from "../raster/lattice.ts";
import type { PixelWindow, Raster } from "../raster/raster.ts";
import type { Samples } from "./blocks.ts";
import { type BlockTable, readBlockTable } from "./block_table.ts";
import { readTiffDirectories, type TiffDirectory } from "./directory.ts";
import { type RasterInfo, rasterInfo } from "./geotiff.ts";
import { readTiffLayout, type TiffLayout } from "./layout.ts";
import { remoteBlocks } from "./remote_blocks.ts";
import { openRemoteFile } from "./remote_file.ts";
import { readWindow } from "./window.ts";

/** One resolution of a file. */
export interface CogLevel {
  /** Number of the image in the file. */
  readonly image: number;
  /** Where its pixels lie. */
  readonly grid: Grid;
  readonly layout: TiffLayout;
  readonly table: BlockTable;
}

/** What is known of a remote GeoTIFF before any pixel. */
export interface Cog {
  /** Address without a signature. */
  readonly href: string;
  readonly info: RasterInfo;
  /** Full resolution first, then ever coarser. */
  readonly levels: readonly CogLevel[];
}

/** Opens and reads remote GeoTIFFs; tables and blocks are kept for the next reader. */
export interface CogReader {
  /**
   * Reads where the blocks of a file lie; once, however many ask.
   *
   * @throws {RsembedError} As the range client; `corrupt` if it is no TIFF; `unsupported` for a CRS that is
   * not known
   */
  open(href: string, options?: RunOptions): Promise<Cog>;
  /**
   * Reads bands under a window of a level: stored numbers, neither scale nor offset applied.
   *
   * @throws {RsembedError} As the range client; `corrupt` for blocks that are not what they claim
   */
  read(
    cog: Cog,
    part: {
      readonly level: CogLevel;
      readonly window: PixelWindow;
      readonly bands: readonly number[];
      /** The value that marks missing pixels, where the file does not say. */
      readonly nodata?: number | null;
    },
    options?: RunOptions,
  ): Promise<Raster>;
  /** Decoded blocks. */
  readonly cache: KeptWork<Samples>;
}

/** Options of {@linkcode createCogReader}. */
export interface CogReaderOptions {
  readonly client: RangeClient;
  /** Bytes of decoded blocks that are kept. @default 256 MiB */
  readonly cacheBytes?: number | undefined;
}

/** Files whose tables are kept. */
const maxOpen = 4096;

/** A reader with empty caches. */
export function createCogReader({ client, cacheBytes = 2 ** 28 }: CogReaderOptions): CogReader {
  const cogs = keepWork<Cog>(maxOpen);
  const cache = keepWork<Samples>(cacheBytes, ({ byteLength }) => byteLength);

  return {
    cache,
    async open(href, { signal } = {}) {
      return await cogs.get(href, (signal) => openCog(client, href, signal)).join(signal);
    },
    async read({ href, info }, { level, window, bands, nodata = null }, { signal } = {}) {
      const { grid, layout, image, table } = level;
      return await readWindow({
        grid,
        layout,
        nodata: info.nodata ?? nodata,
        source: remoteBlocks({ client, cache }, { href, image, layout, table }),
        window,
        bands,
        signal,
      });
    },
  };
}

async function openCog(client: RangeClient, href: string, signal: AbortSignal): Promise<Cog> {
  const file = await openRemoteFile(client, href, signal);
  try {
    const directories = await readTiffDirectories(file);
    const directory = directories[0]!;
    const layout = await readTiffLayout(file, directory);
    const info = await rasterInfo(file, { directory, layout });
    const levels: CogLevel[] = [
      {
        image: 0,
        grid: info.grid,
        layout,
        table: await readBlockTable(file, { directory, layout }),
      },
    ];
    for (const [image, directory] of directories.entries()) {
      if (image === 0 || !await isOverview(directory)) continue;
      const overview = await readTiffLayout(file, directory);
      if (overview.count !== layout.count || overview.type !== layout.type) continue;
      levels.push({
        image,
        grid: coarser(info.grid, overview),
        layout: overview,
        table: await readBlockTable(file, { directory, layout: overview }),
      });
    }
    levels.sort((a, b) => b.grid.width - a.grid.width);
    return { href, info, levels };
  } catch (cause) {
    if (signal.aborted || isRsembedError(cause)) throw cause;
    throw new RsembedError("corrupt", `Cannot read "${href}" as TIFF: ${errorMessage(cause)}`, {
      facts: { source: href },
      cause,
    });
  } finally {
    await file.close();
  }
}

/** Bits of the tag NewSubfileType: a smaller version of another image; a mask of another image. */
const reducedBit = 1, maskBit = 4;

async function isOverview(directory: TiffDirectory): Promise<boolean> {
  const kind = await directory.number("newSubfileType", 0);
  return (kind & reducedBit) !== 0 && (kind & maskBit) === 0;
}

/** The same ground in fewer pixels. */
function coarser({ crs, transform, width, height }: Grid, overview: TiffLayout): Grid {
  const [a, b, c, d, e, f] = transform;
  const x = width / overview.width, y = height / overview.height;
  return {
    crs,
    transform: [a * x, b * y, c, d * x, e * y, f],
    width: overview.width,
    height: overview.height,
  };
}

/** How much longer than the target's the pixels of a level may be: sides of overviews are rounded. */
const slack = 1.01;

/** The coarsest level whose pixels are no longer than those of the target. */
export function levelFor({ levels }: Cog, target: Grid): CogLevel {
  const isFineEnough = ({ grid }: CogLevel) => {
    const [x, y] = pixelsPerPixel(grid, target);
    return Math.min(x, y) * slack >= 1;
  };
  return levels.findLast((level) => isFineEnough(level)) ?? levels[0]!;
}
