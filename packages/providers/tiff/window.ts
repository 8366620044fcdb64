/**
 * Reading a window of a TIFF.
 *
 * @module
 */

import { type Grid, RsembedError, type RunOptions } from "@rsembed/core";
import { emptyRaster, type PixelWindow, type Raster, windowGrid } from "../raster/raster.ts";
import type { Block, BlockSource } from "./block_table.ts";
import type { Samples } from "./blocks.ts";
import type { TiffLayout } from "./layout.ts";

/** Largest window, values. */
const maxWindowValues = 2 ** 28;

/** What {@linkcode readWindow} reads. */
export interface WindowTask extends RunOptions {
  readonly grid: Grid;
  /** The value that marks missing pixels, or `null`. */
  readonly nodata: number | null;
  readonly layout: TiffLayout;
  readonly source: BlockSource;
  readonly window: PixelWindow;
  readonly bands: readonly number[];
}

/**
 * Reads some bands under a window, block by block.
 *
 * @throws {RsembedError} `limit` for a window too large to hold, `corrupt` for blocks that are not what
 * they claim
 */
export async function readWindow(task: WindowTask): Promise<Raster> {
  const { grid, layout, source, window, bands, signal } = task;
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
  const blocks = blocksUnder(layout, window, bands);
  for await (const { block, samples } of source.read(blocks, { signal })) {
    if (samples) copySamples(task, out, { block, samples });
    else markMissing(task, out, block);
  }
  return out;
}

/** The blocks of some bands that lie under a window. */
export function blocksUnder(
  layout: TiffLayout,
  window: PixelWindow,
  bands: readonly number[],
): Block[] {
  const { blockWidth, blockHeight, together, tiled } = layout;
  const across = Math.ceil(layout.width / blockWidth);
  const down = Math.ceil(layout.height / blockHeight);
  const lastRow = Math.floor((window.y + window.height - 1) / blockHeight);
  const lastColumn = Math.floor((window.x + window.width - 1) / blockWidth);
  const blocks: Block[] = [];
  for (const plane of together ? [0] : new Set(bands)) {
    for (let row = Math.floor(window.y / blockHeight); row <= lastRow; row++) {
      for (let column = Math.floor(window.x / blockWidth); column <= lastColumn; column++) {
        const top = row * blockHeight;
        blocks.push({
          index: (plane * down + row) * across + column,
          plane,
          left: column * blockWidth,
          top,
          rows: tiled ? blockHeight : Math.min(blockHeight, layout.height - top),
        });
      }
    }
  }
  return blocks;
}

/** The part of a block that lies under the window, in pixels of the image. */
function overlap(
  { layout, window }: WindowTask,
  { left, top, rows }: Block,
): { x0: number; x1: number; y0: number; y1: number } {
  return {
    x0: Math.max(left, window.x),
    x1: Math.min(left + layout.blockWidth, window.x + window.width),
    y0: Math.max(top, window.y),
    y1: Math.min(top + rows, window.y + window.height),
  };
}

function markMissing(task: WindowTask, out: Raster, block: Block): void {
  const { window } = task;
  const { x0, x1, y0, y1 } = overlap(task, block);
  for (let y = y0; y < y1; y++) {
    const at = (y - window.y) * window.width - window.x;
    out.valid.fill(0, at + x0, at + x1);
  }
}

function copySamples(
  task: WindowTask,
  out: Raster,
  { block, samples }: { readonly block: Block; readonly samples: Samples },
): void {
  const { layout, nodata, window, bands } = task;
  const { x0, x1, y0, y1 } = overlap(task, block);
  const step = layout.block.samplesPerPixel;
  const plane = window.width * window.height;
  // compared as stored, before values are rounded to float32
  const missing = nodata === null ? NaN : layout.type === "float32" ? Math.fround(nodata) : nodata;
  const isWhole = !layout.type.startsWith("float");
  for (const [target, band] of bands.entries()) {
    if (!layout.together && band !== block.plane) continue;
    const sample = layout.together ? band : 0;
    for (let y = y0; y < y1; y++) {
      const pixel = (y - window.y) * window.width + (x0 - window.x);
      copyRow(samples, {
        from: ((y - block.top) * layout.blockWidth + (x0 - block.left)) * step + sample,
        step,
        missing,
        isWhole,
        data: out.data.subarray(target * plane + pixel, target * plane + pixel + x1 - x0),
        valid: out.valid.subarray(pixel, pixel + x1 - x0),
      });
    }
  }
}

interface RowCopy {
  readonly from: number;
  readonly step: number;
  readonly missing: number;
  /** Whether all values are finite, as whole numbers are. */
  readonly isWhole: boolean;
  readonly data: Float32Array;
  readonly valid: Uint8Array;
}

function copyRow(samples: Samples, { from, step, missing, isWhole, data, valid }: RowCopy): void {
  if (isWhole) {
    for (let i = 0, at = from; i < data.length; i++, at += step) {
      const value = samples[at]!;
      data[i] = value;
      if (value === missing) valid[i] = 0;
    }
    return;
  }
  for (let i = 0, at = from; i < data.length; i++, at += step) {
    const value = Math.fround(samples[at]!);
    data[i] = value;
    // NaN and infinity are the only numbers whose product with zero is not zero
    if (samples[at] === missing || value * 0 !== 0) valid[i] = 0;
  }
}
