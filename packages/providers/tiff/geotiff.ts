/**
 * GeoTIFF files, and cloud-optimised ones, read by windows.
 *
 * @module
 */

import { type Grid, isRsembedError, RsembedError, type RunOptions } from "@rsembed/core";
import type { PixelWindow, Raster } from "../raster/raster.ts";
import { type ByteFile, openByteFile } from "./byte_file.ts";
import { parseGdalMetadata } from "./gdal_metadata.ts";
import { readGeoReference } from "./geo_reference.ts";
import type { SampleType } from "./blocks.ts";
import { readTiffDirectory, type TiffDirectory } from "./directory.ts";
import { readTiffLayout, type TiffLayout } from "./layout.ts";
import { type BlockTable, fileBlocks, readBlockTable } from "./block_table.ts";
import { readWindow } from "./window.ts";

/** What a raster file says of itself. */
export interface RasterInfo {
  readonly path: string;
  /** Where its pixels lie. */
  readonly grid: Grid;
  /** Number of bands. */
  readonly count: number;
  readonly type: SampleType;
  /** The value that marks missing pixels, or `null`. */
  readonly nodata: number | null;
  /** Descriptions of the bands; `null` where a band has none. */
  readonly descriptions: readonly (string | null)[];
  /** Metadata of the whole file. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The tag DateTime. */
  readonly dateTime: string | null;
}

/** A raster file that is open for reading. The whole seam to a format. */
export interface RasterFile {
  readonly info: RasterInfo;
  /**
   * Reads some bands under a window that lies inside the grid: stored numbers, neither scale nor offset
   * applied. Pixels are valid where no band asked for is missing or not finite.
   */
  read(
    window: PixelWindow,
    bands: readonly number[],
    options?: RunOptions,
  ): Promise<Raster>;
  close(): Promise<void>;
}

/**
 * Opens a GeoTIFF: TIFF or BigTIFF, strips or tiles, bands together or apart; no compression, LZW,
 * Deflate, PackBits, ZSTD or LERC; integers up to 32 bits, floats of 32 and 64. Overviews, mask images
 * and alpha bands are not looked at.
 *
 * @throws {RsembedError} `corrupt` if it is no TIFF or is cut short, `limit` for absurd sizes,
 * `unsupported` for a raster without a place or in a CRS that is not known, `not-found` if there is none
 */
export async function openGeoTiff(path: string): Promise<RasterFile> {
  return await readGeoTiff(await openByteFile(path));
}

/** As {@linkcode openGeoTiff}, from bytes of any kind; they are closed with the raster. */
async function readGeoTiff(file: ByteFile): Promise<RasterFile> {
  try {
    const directory = await readTiffDirectory(file);
    const layout = await readTiffLayout(file, directory);
    const info = await rasterInfo(file, { directory, layout });
    let blocks: Promise<BlockTable> | null = null;
    return {
      info,
      async read(window, bands, { signal } = {}) {
        blocks ??= readBlockTable(file, { directory, layout });
        const { grid, nodata } = info;
        const source = fileBlocks(file, { layout, table: await blocks });
        return await readWindow({ grid, nodata, layout, source, window, bands, signal });
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw isRsembedError(error) ? error : asCorrupt(file.path, error);
  }
}

function asCorrupt(path: string, cause: unknown): RsembedError {
  return new RsembedError("corrupt", `Cannot read "${path}" as TIFF: ${String(cause)}`, {
    facts: { source: path },
    cause,
  });
}

/** What the tags of an image say of it. */
export async function rasterInfo(
  { path }: ByteFile,
  { directory, layout }: { directory: TiffDirectory; layout: TiffLayout },
): Promise<RasterInfo> {
  const { items, descriptions } = parseGdalMetadata(await directory.text("gdalMetadata") ?? "");
  const nodata = (await directory.text("gdalNodata"))?.trim() ?? "";
  const { width, height, count, type } = layout;
  const geo = await readGeoReference(path, directory);
  return {
    path,
    grid: { ...geo, width, height },
    count,
    type,
    nodata: nodata === "" || Number.isNaN(Number(nodata)) ? null : Number(nodata),
    descriptions: Array.from({ length: count }, (_, band) => descriptions.get(band) ?? null),
    metadata: items,
    dateTime: await directory.text("dateTime"),
  };
}
