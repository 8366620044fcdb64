/**
 * GeoTIFF files, and cloud-optimised ones, read by windows.
 *
 * @module
 */

import {
  type Affine,
  type Grid,
  isRsembedError,
  RsembedError,
  type RunOptions,
} from "@rsembed/core";
import { isKnownCrs } from "../raster/crs.ts";
import { emptyRaster, type PixelWindow, type Raster, windowGrid } from "../raster/raster.ts";
import { type ByteFile, openByteFile } from "./byte_file.ts";
import { parseGdalMetadata } from "./gdal_metadata.ts";
import { type BlockLayout, decodeBlock, sampleBytes, type SampleType } from "./tiff_blocks.ts";
import { readTiffDirectory, type TiffDirectory } from "./tiff_directory.ts";

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

/** Largest block, bytes decoded. */
const maxBlockBytes = 2 ** 29;
/** Largest window, values. */
const maxWindowValues = 2 ** 28;
/** Most bands. */
const maxBands = 65_535;

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
    const layout = await readLayout(file, directory);
    const info = await readInfo(file, { directory, layout });
    let blocks: Promise<BlockTable> | null = null;
    return {
      info,
      async read(window, bands, { signal } = {}) {
        blocks ??= readBlockTable(file, { directory, layout });
        return await readWindow({ file, info, layout, table: await blocks, window, bands, signal });
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

interface Layout {
  readonly width: number;
  readonly height: number;
  readonly count: number;
  readonly type: SampleType;
  readonly tiled: boolean;
  /** Whether all bands of a pixel lie together. */
  readonly together: boolean;
  readonly blockWidth: number;
  readonly blockHeight: number;
  readonly block: BlockLayout;
}

async function readLayout(file: ByteFile, directory: TiffDirectory): Promise<Layout> {
  const { path } = file;
  const refuse = (state: string) =>
    new RsembedError("corrupt", `Cannot read "${path}" as TIFF: ${state}`, {
      facts: { source: path },
    });
  const side = async (tag: "imageWidth" | "imageLength" | "tileWidth" | "tileLength") => {
    const value = await directory.number(tag, 0);
    if (!(value >= 1 && value < 2 ** 31)) throw refuse(`its ${tag} is ${value}`);
    return value;
  };
  const width = await side("imageWidth");
  const height = await side("imageLength");
  const count = await directory.number("samplesPerPixel", 1);
  if (!(count >= 1 && count <= maxBands)) throw refuse(`it has ${count} bands`);
  const type = await readSampleType(path, directory);
  const tiled = directory.has("tileOffsets");
  if (!tiled && !directory.has("stripOffsets")) throw refuse("it has neither strips nor tiles");
  const rowsPerStrip = await directory.number("rowsPerStrip", height);
  const blockWidth = tiled ? await side("tileWidth") : width;
  const blockHeight = tiled
    ? await side("tileLength")
    : Math.min(height, rowsPerStrip >= 1 ? rowsPerStrip : height);
  const together = await directory.number("planarConfiguration", 1) !== 2;
  const samplesPerPixel = together ? count : 1;
  const blockBytes = blockWidth * blockHeight * samplesPerPixel * sampleBytes(type);
  if (blockBytes > maxBlockBytes) {
    throw new RsembedError(
      "limit",
      `Cannot read "${path}": a block has ${blockBytes} bytes, at most ${maxBlockBytes} are decoded; store it in tiles`,
      { facts: { limit: "block, bytes", max: maxBlockBytes, actual: blockBytes } },
    );
  }
  return {
    width,
    height,
    count,
    type,
    tiled,
    together,
    blockWidth,
    blockHeight,
    block: {
      path,
      compression: await directory.number("compression", 1),
      predictor: await directory.number("predictor", 1),
      type,
      littleEndian: directory.littleEndian,
      samplesPerPixel,
      width: blockWidth,
      height: blockHeight,
      lercParameters: await directory.numbers("lercParameters"),
    },
  };
}

async function readSampleType(path: string, directory: TiffDirectory): Promise<SampleType> {
  const bits = await directory.numbers("bitsPerSample");
  const formats = await directory.numbers("sampleFormat");
  const bit = bits[0] ?? 1, format = formats[0] ?? 1;
  const kind = format === 1 ? "uint" : format === 2 ? "int" : format === 3 ? "float" : null;
  const same = Array.from(bits).every((b) => b === bit) &&
    Array.from(formats).every((f) => f === format);
  const known = kind === "float" ? bit === 32 || bit === 64 : [8, 16, 32].includes(bit);
  if (kind === null || !known || !same) {
    throw new RsembedError(
      "unsupported",
      `Cannot read "${path}": its samples are of ${bit} bits and format ${format}${
        same ? "" : ", not all alike"
      }; integers of 8, 16 and 32 bits and floats of 32 and 64 are read`,
      { facts: { feature: `TIFF samples of ${bit} bits, format ${format}` } },
    );
  }
  return `${kind}${bit}` as SampleType;
}

async function readInfo(
  { path }: ByteFile,
  { directory, layout }: { directory: TiffDirectory; layout: Layout },
): Promise<RasterInfo> {
  const { items, descriptions } = parseGdalMetadata(await directory.text("gdalMetadata") ?? "");
  const nodata = (await directory.text("gdalNodata"))?.trim() ?? "";
  const { width, height, count, type } = layout;
  const geo = await readGeo(path, directory);
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

function unplaced(path: string, state: string): RsembedError {
  return new RsembedError("unsupported", `Cannot place "${path}": ${state}`, {
    facts: { feature: "raster without a known place" },
  });
}

/** Source: OGC GeoTIFF 1.1, annexes B and C. */
async function readGeo(
  path: string,
  directory: TiffDirectory,
): Promise<Omit<Grid, "width" | "height">> {
  const keys = new Map<number, number>();
  const table = await directory.numbers("geoKeys");
  for (let at = 4; at + 3 < table.length; at += 4) {
    // keys with a location other than 0 hold texts and doubles, which name nothing needed here
    if (table[at + 1] === 0) keys.set(table[at]!, table[at + 3]!);
  }
  const code = keys.get(1024) === 2 ? keys.get(2048) : keys.get(3072) ?? keys.get(2048);
  if (code === undefined) throw unplaced(path, "it names no CRS");
  const crs = `EPSG:${code}`;
  if (!isKnownCrs(crs)) {
    throw unplaced(
      path,
      `its CRS is ${crs}; EPSG:4326, EPSG:3857, UTM (EPSG:326xx, 327xx) and polar stereographic (EPSG:32661, 32761) are read`,
    );
  }
  const transform = await readTransform(directory);
  if (!transform) throw unplaced(path, "it has no transform");
  const [a, b, c, d, e, f] = transform;
  if (!transform.every(Number.isFinite) || a * e - b * d === 0) {
    throw unplaced(path, `its transform is [${transform}]`);
  }
  // a value at a point belongs to the pixel around it
  const isPoint = keys.get(1025) === 2;
  return {
    crs,
    transform: isPoint ? [a, b, c - (a + b) / 2, d, e, f - (d + e) / 2] : transform,
  };
}

async function readTransform(directory: TiffDirectory): Promise<Affine | null> {
  const scale = await directory.numbers("modelPixelScale");
  const tie = await directory.numbers("modelTiepoint");
  if (scale.length >= 2 && tie.length >= 6) {
    const [sx, sy] = [scale[0]!, scale[1]!];
    return [sx, 0, tie[3]! - tie[0]! * sx, 0, -sy, tie[4]! + tie[1]! * sy];
  }
  const m = await directory.numbers("modelTransformation");
  return m.length >= 8 ? [m[0]!, m[1]!, m[3]!, m[4]!, m[5]!, m[7]!] : null;
}

interface BlockTable {
  readonly offsets: ArrayLike<number>;
  readonly lengths: ArrayLike<number>;
}

async function readBlockTable(
  { path }: ByteFile,
  { directory, layout }: { directory: TiffDirectory; layout: Layout },
): Promise<BlockTable> {
  const { width, height, blockWidth, blockHeight } = layout;
  const offsets = await directory.numbers(layout.tiled ? "tileOffsets" : "stripOffsets");
  const lengths = await directory.numbers(layout.tiled ? "tileByteCounts" : "stripByteCounts");
  const needed = Math.ceil(width / blockWidth) * Math.ceil(height / blockHeight) *
    (layout.together ? 1 : layout.count);
  if (offsets.length < needed || lengths.length < needed) {
    throw new RsembedError(
      "corrupt",
      `Cannot read "${path}" as TIFF: it lists ${
        Math.min(offsets.length, lengths.length)
      } blocks, ${needed} are needed`,
      { facts: { source: path } },
    );
  }
  return { offsets, lengths };
}

interface ReadTask {
  readonly file: ByteFile;
  readonly info: RasterInfo;
  readonly layout: Layout;
  readonly table: BlockTable;
  readonly window: PixelWindow;
  readonly bands: readonly number[];
  readonly signal: AbortSignal | undefined;
}

async function readWindow(task: ReadTask): Promise<Raster> {
  const { info, layout, window, bands, signal } = task;
  const values = window.width * window.height * bands.length;
  if (values > maxWindowValues) {
    throw new RsembedError(
      "limit",
      `Cannot read ${window.width} x ${window.height} px of ${bands.length} bands from "${info.path}": at most ${maxWindowValues} values are read at once`,
      { facts: { limit: "window, values", max: maxWindowValues, actual: values } },
    );
  }
  const out = emptyRaster(windowGrid(info.grid, window), bands.length);
  out.valid.fill(1);
  const { blockWidth, blockHeight } = layout;
  const firstRow = Math.floor(window.y / blockHeight);
  const lastRow = Math.floor((window.y + window.height - 1) / blockHeight);
  const firstColumn = Math.floor(window.x / blockWidth);
  const lastColumn = Math.floor((window.x + window.width - 1) / blockWidth);
  // one block at a time: decoded blocks of a large window would not fit together
  for (let row = firstRow; row <= lastRow; row++) {
    for (let column = firstColumn; column <= lastColumn; column++) {
      if (layout.together) {
        signal?.throwIfAborted();
        await copyBlock(task, out, { row, column, plane: 0, targets: bands.map((b, i) => [b, i]) });
        continue;
      }
      for (const [i, band] of bands.entries()) {
        signal?.throwIfAborted();
        await copyBlock(task, out, { row, column, plane: band, targets: [[0, i]] });
      }
    }
  }
  return out;
}

interface BlockPlace {
  readonly row: number;
  readonly column: number;
  /** The band whose plane the block is of, where bands lie apart. */
  readonly plane: number;
  /** Which sample of the block's pixels goes to which band of the output. */
  readonly targets: readonly (readonly [sample: number, band: number])[];
}

async function copyBlock(task: ReadTask, out: Raster, place: BlockPlace): Promise<void> {
  const { file, info, layout, table, window } = task;
  const { blockWidth, blockHeight, block } = layout;
  const across = Math.ceil(layout.width / blockWidth);
  const down = Math.ceil(layout.height / blockHeight);
  const index = place.plane * across * down + place.row * across + place.column;
  const left = place.column * blockWidth, top = place.row * blockHeight;
  const rows = layout.tiled ? blockHeight : Math.min(blockHeight, layout.height - top);
  const x0 = Math.max(left, window.x);
  const x1 = Math.min(left + blockWidth, window.x + window.width);
  const y0 = Math.max(top, window.y);
  const y1 = Math.min(top + rows, window.y + window.height);
  const length = table.lengths[index]!;
  if (length === 0) {
    // a block that was never written: no imagery
    for (let y = y0; y < y1; y++) {
      const at = (y - window.y) * window.width - window.x;
      out.valid.fill(0, at + x0, at + x1);
    }
    return;
  }
  if (length > 2 * maxBlockLength(layout)) {
    throw new RsembedError(
      "corrupt",
      `Cannot read "${info.path}" as TIFF: a block of ${blockWidth} x ${rows} px has ${length} bytes`,
      { facts: { source: info.path, offset: table.offsets[index]! } },
    );
  }
  const samples = await decodeBlock(
    await file.read(table.offsets[index]!, length),
    block,
    rows,
  );
  const step = block.samplesPerPixel;
  const plane = window.width * window.height;
  // compared as stored, before values are rounded to float32
  const missing = info.nodata === null
    ? NaN
    : info.type === "float32"
    ? Math.fround(info.nodata)
    : info.nodata;
  for (const [sample, band] of place.targets) {
    for (let y = y0; y < y1; y++) {
      let from = ((y - top) * blockWidth + (x0 - left)) * step + sample;
      let pixel = (y - window.y) * window.width + (x0 - window.x);
      for (let x = x0; x < x1; x++, from += step, pixel++) {
        const value = Math.fround(samples[from]!);
        out.data[band * plane + pixel] = value;
        // NaN and infinity are the only numbers whose product with zero is not zero
        if (samples[from] === missing || value * 0 !== 0) out.valid[pixel] = 0;
      }
    }
  }
}

/** Bytes of a full block; codecs make noise a little longer, never twice. */
function maxBlockLength({ blockWidth, blockHeight, block }: Layout): number {
  return Math.max(
    blockWidth * blockHeight * block.samplesPerPixel * sampleBytes(block.type),
    2 ** 12,
  );
}
