/**
 * Bringing pixels onto another grid.
 *
 * @module
 */

import { applyAffine, type Grid, invertAffine } from "@rsembed/core";
import { mappedRows, pixelsPerPixel, type RowPositions } from "./lattice.ts";
import { emptyRaster, type Raster } from "./raster.ts";

/** How values are taken from a source raster. */
export type Resampling =
  /** The pixel that holds the position. */
  | "nearest"
  /** Weighted by nearness from the four pixels around the position. */
  | "bilinear"
  /** The mean over the ground that the target pixel covers. */
  | "average"
  /** Copied where grids align, averaged where pixels become twice as long (1.95) or more, else bilinear. */
  | "auto";

/** What was done to bring pixels onto a grid. */
export type ResamplingDone = "copy" | Exclude<Resampling, "auto">;

/** Options of {@linkcode warp}. */
export interface WarpOptions {
  /** How values are taken. @default "auto" */
  readonly resampling?: Resampling;
}

/** How far pixel corners may lie apart on aligned grids, px. */
const alignedPx = 1e-6;

/**
 * The whole-pixel offset of a target's first pixel in a source, where both have the same CRS, pixel
 * size and lattice; `null` where pixels must be resampled.
 */
export function alignment(source: Grid, target: Grid): { dx: number; dy: number } | null {
  if (source.crs !== target.crs) return null;
  const inverse = invertAffine(source.transform);
  const at = (column: number, row: number) =>
    applyAffine(inverse, applyAffine(target.transform, [column, row]));
  const [x, y] = at(0, 0);
  const dx = Math.round(x), dy = Math.round(y);
  const { width, height } = target;
  const corners = [[0, 0], [width, 0], [0, height]] as const;
  const aligned = corners.every(([column, row]) => {
    const [cx, cy] = at(column, row);
    return Math.abs(cx - column - dx) <= alignedPx && Math.abs(cy - row - dy) <= alignedPx;
  });
  return aligned ? { dx, dy } : null;
}

/**
 * How much longer target pixels are before they are averaged, source px. A little less than 2, as
 * projections stretch the same 20 m by a percent or so from place to place.
 */
const averageFromPx = 1.95;

/** What {@linkcode warp} does between two grids when it is left to choose. */
export function chooseResampling(source: Grid, target: Grid): ResamplingDone {
  if (alignment(source, target)) return "copy";
  const [x, y] = pixelsPerPixel(source, target);
  return Math.sqrt(x * y) >= averageFromPx ? "average" : "bilinear";
}

/**
 * Brings a raster onto another grid, in any known CRS. Where grids align, pixels are copied and keep
 * their values exactly.
 *
 * A target pixel is valid where the source pixel under its centre is (`nearest`, `bilinear`), or where
 * at least half of its ground is (`average`); pixels without imagery never enter a value.
 *
 * @throws {RsembedError} `unsupported` for a CRS that is not known
 *
 * @example
 * ```ts
 * import { northUpGrid } from "@rsembed/core";
 * import { warp } from "@rsembed/providers/raster";
 * import assert from "node:assert/strict";
 *
 * const corner = { crs: "EPSG:32633", west: 500_000, north: 5_000_000 };
 * const fine = northUpGrid({ ...corner, pixelSize: 10, width: 2, height: 2 });
 * const coarse = northUpGrid({ ...corner, pixelSize: 20, width: 1, height: 1 });
 * const source = {
 *   grid: fine, bands: 1, data: new Float32Array([1, 2, 3, 6]), valid: new Uint8Array([1, 1, 1, 1]),
 * };
 * assert.deepEqual([...warp(source, coarse).data], [3]);
 * ```
 */
export function warp(source: Raster, target: Grid, options: WarpOptions = {}): Raster {
  const aligned = alignment(source.grid, target);
  if (aligned) return copyAligned(source, target, aligned);
  const wanted = options.resampling ?? "auto";
  const how = wanted === "auto" ? chooseResampling(source.grid, target) : wanted;
  const out = emptyRaster(target, source.bands);
  const size = pixelsPerPixel(source.grid, target);
  for (const rows of mappedRows(target, source.grid)) {
    if (how === "nearest") nearestRows(source, out, rows);
    else if (how === "bilinear") bilinearRows(source, out, rows);
    else averageRows(source, { out, rows, size });
  }
  return out;
}

function copyAligned(
  source: Raster,
  target: Grid,
  { dx, dy }: { dx: number; dy: number },
): Raster {
  const out = emptyRaster(target, source.bands);
  const { width: sw, height: sh } = source.grid;
  const { width, height } = target;
  const left = Math.max(0, -dx);
  const right = Math.min(width, sw - dx);
  if (right <= left) return out;
  for (let y = Math.max(0, -dy); y < Math.min(height, sh - dy); y++) {
    const from = (y + dy) * sw + dx;
    out.valid.set(source.valid.subarray(from + left, from + right), y * width + left);
    for (let band = 0; band < source.bands; band++) {
      const start = band * sw * sh + from;
      out.data.set(
        source.data.subarray(start + left, start + right),
        (band * height + y) * width + left,
      );
    }
  }
  return out;
}

function nearestRows(source: Raster, out: Raster, { row, rows, xs, ys }: RowPositions): void {
  const { width: sw, height: sh } = source.grid;
  const { width, height } = out.grid;
  for (let i = 0; i < rows * width; i++) {
    const x = Math.floor(xs[i]!), y = Math.floor(ys[i]!);
    if (!(x >= 0 && x < sw && y >= 0 && y < sh)) continue;
    const from = y * sw + x;
    if (source.valid[from] === 0) continue;
    const to = row * width + i;
    out.valid[to] = 1;
    for (let band = 0; band < source.bands; band++) {
      out.data[band * width * height + to] = source.data[band * sw * sh + from]!;
    }
  }
}

function bilinearRows(source: Raster, out: Raster, { row, rows, xs, ys }: RowPositions): void {
  const { width: sw, height: sh } = source.grid;
  const { valid, data, bands } = source;
  const plane = sw * sh;
  const outPlane = out.grid.width * out.grid.height;
  const start = row * out.grid.width;
  const count = rows * out.grid.width;
  for (let i = 0; i < count; i++) {
    const px = xs[i]!, py = ys[i]!;
    if (!(px >= 0 && px < sw && py >= 0 && py < sh)) continue;
    // positions are not negative, so that a cut is a floor
    if (valid[(py | 0) * sw + (px | 0)] === 0) continue;
    const x = Math.floor(px - 0.5), y = Math.floor(py - 0.5);
    const u = px - 0.5 - x, v = py - 0.5 - y;
    const x0 = x < 0 ? 0 : x, x1 = x + 1 < sw ? x + 1 : x;
    const y0 = y < 0 ? 0 : y, y1 = y + 1 < sh ? y + 1 : y;
    const a = y0 * sw + x0, b = y0 * sw + x1, c = y1 * sw + x0, d = y1 * sw + x1;
    let wa = (1 - u) * (1 - v), wb = u * (1 - v), wc = (1 - u) * v, wd = u * v;
    out.valid[start + i] = 1;
    if ((valid[a]! & valid[b]! & valid[c]! & valid[d]!) === 1) {
      for (let band = 0, from = 0, to = start + i; band < bands; band++) {
        out.data[to] = wa * data[from + a]! + wb * data[from + b]! + wc * data[from + c]! +
          wd * data[from + d]!;
        from += plane;
        to += outPlane;
      }
      continue;
    }
    wa *= valid[a]!;
    wb *= valid[b]!;
    wc *= valid[c]!;
    wd *= valid[d]!;
    // the pixel under the position is valid, and its own weight is never below a quarter
    const total = wa + wb + wc + wd;
    for (let band = 0, from = 0; band < bands; band++, from += plane) {
      // a weight of zero must also silence NaN and infinity under the mask
      let value = 0;
      if (wa > 0) value += wa / total * data[from + a]!;
      if (wb > 0) value += wb / total * data[from + b]!;
      if (wc > 0) value += wc / total * data[from + c]!;
      if (wd > 0) value += wd / total * data[from + d]!;
      out.data[band * outPlane + start + i] = value;
    }
  }
}

interface AverageTask {
  readonly out: Raster;
  readonly rows: RowPositions;
  /** Source pixels under one target pixel, along x and y. */
  readonly size: readonly [number, number];
}

function averageRows(
  source: Raster,
  { out, rows: { row, rows, xs, ys }, size }: AverageTask,
): void {
  const { width: sw, height: sh } = source.grid;
  const { valid, data, bands } = source;
  const outPlane = out.grid.width * out.grid.height;
  const start = row * out.grid.width;
  const sums = new Float64Array(bands);
  const [boxWidth, boxHeight] = size;
  for (let i = 0; i < rows * out.grid.width; i++) {
    const left = xs[i]! - boxWidth / 2, right = left + boxWidth;
    const top = ys[i]! - boxHeight / 2, bottom = top + boxHeight;
    if (!(right > 0 && left < sw && bottom > 0 && top < sh)) continue;
    sums.fill(0);
    let area = 0;
    // positions carry dust; a sliver of a neighbour must not count as a pixel
    const x0 = Math.max(0, Math.floor(left + 1e-6)), x1 = Math.min(sw, Math.ceil(right - 1e-6));
    const y0 = Math.max(0, Math.floor(top + 1e-6)), y1 = Math.min(sh, Math.ceil(bottom - 1e-6));
    for (let y = y0; y < y1; y++) {
      const tall = Math.min(y + 1, bottom) - Math.max(y, top);
      for (let x = x0; x < x1; x++) {
        const from = y * sw + x;
        if (valid[from] === 0) continue;
        const weight = tall * (Math.min(x + 1, right) - Math.max(x, left));
        area += weight;
        for (let band = 0; band < bands; band++) {
          sums[band]! += weight * data[band * sw * sh + from]!;
        }
      }
    }
    if (area < boxWidth * boxHeight * (0.5 - 1e-6)) continue;
    out.valid[start + i] = 1;
    for (let band = 0; band < bands; band++) {
      out.data[band * outPlane + start + i] = sums[band]! / area;
    }
  }
}
