/**
 * Reading a window of a TIFF.
 *
 * @module
 */

import { type Grid, RsembedError } from "@rsembed/core";
import { emptyRaster, type PixelWindow, type Raster, windowGrid } from "../raster/raster.ts";
import type { ByteFile } from "./byte_file.ts";
import { decodeBlock, sampleBytes } from "./blocks.ts";
import type { TiffDirectory } from "./directory.ts";
import type { TiffLayout } from "./layout.ts";

/** Largest window, values. */
const maxWindowValues = 2 ** 28;

/** Where the blocks of an image lie in its file. */
export interface BlockTable {
  readonly offsets: ArrayLike<number>;
  readonly lengths: ArrayLike<number>;
}

/**
 * Reads where the blocks lie.
 *
 * @throws {RsembedError} `corrupt` if fewer are listed than the image needs
 */
export async function readBlockTable(
  { path }: ByteFile,
  { directory, layout }: { directory: TiffDirectory; layout: TiffLayout },
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

/** What {@linkcode readWindow} reads. */
export interface WindowTask {
  readonly file: ByteFile;
  readonly grid: Grid;
  /** The value that marks missing pixels, or `null`. */
  readonly nodata: number | null;
  readonly layout: TiffLayout;
  readonly table: BlockTable;
  readonly window: PixelWindow;
  readonly bands: readonly number[];
  readonly signal: AbortSignal | undefined;
}

/**
 * Reads some bands under a window, block by block.
 *
 * @throws {RsembedError} `limit` for a window too large to hold, `corrupt` for blocks that are not what
 * they claim
 */
export async function readWindow(task: WindowTask): Promise<Raster> {
  const { grid, layout, window, bands, signal } = task;
  const values = window.width * window.height * bands.length;
  if (values > maxWindowValues) {
    throw new RsembedError(
      "limit",
      `Cannot read ${window.width} x ${window.height} px of ${bands.length} bands from "${layout.path}": at most ${maxWindowValues} values are read at once`,
      { facts: { limit: "window, values", max: maxWindowValues, actual: values } },
    );
  }
  const out = emptyRaster(windowGrid(grid, window), bands.length);
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

async function copyBlock(task: WindowTask, out: Raster, place: BlockPlace): Promise<void> {
  const { file, layout, nodata, table, window } = task;
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
      `Cannot read "${layout.path}" as TIFF: a block of ${blockWidth} x ${rows} px has ${length} bytes`,
      { facts: { source: layout.path, offset: table.offsets[index]! } },
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
  const missing = nodata === null ? NaN : layout.type === "float32" ? Math.fround(nodata) : nodata;
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
function maxBlockLength({ blockWidth, blockHeight, block }: TiffLayout): number {
  return Math.max(
    blockWidth * blockHeight * block.samplesPerPixel * sampleBytes(block.type),
    2 ** 12,
  );
}
