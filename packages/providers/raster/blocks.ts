/**
 * Large grids filled block by block.
 *
 * @module
 */

import type { Grid } from "@rsembed/core";
import type { PixelWindow, Raster } from "./raster.ts";

/** Windows of at most `side` x `side` px that cover a grid, row by row. */
export function* blocksOf({ width, height }: Grid, side: number): Generator<PixelWindow> {
  for (let y = 0; y < height; y += side) {
    for (let x = 0; x < width; x += side) {
      yield { x, y, width: Math.min(side, width - x), height: Math.min(side, height - y) };
    }
  }
}

/** Copies a block of one band to its place. */
export function putBlock<T extends Float32Array | Uint8Array>(
  block: T,
  { x, y, width, height }: PixelWindow,
  to: { readonly plane: T; readonly width: number },
): void {
  for (let row = 0; row < height; row++) {
    const from = row * width;
    to.plane.set(block.subarray(from, from + width), (y + row) * to.width + x);
  }
}

/** Copies a block of all bands, and its validity, to its place. */
export function putRaster(
  block: Raster,
  window: PixelWindow,
  to: Pick<Raster, "grid" | "data" | "valid">,
): void {
  const { width } = to.grid;
  const blockPlane = window.width * window.height;
  const plane = width * to.grid.height;
  for (let band = 0; band < block.bands; band++) {
    putBlock(block.data.subarray(band * blockPlane, (band + 1) * blockPlane), window, {
      plane: to.data.subarray(band * plane, (band + 1) * plane),
      width,
    });
  }
  putBlock(block.valid, window, { plane: to.valid, width });
}
