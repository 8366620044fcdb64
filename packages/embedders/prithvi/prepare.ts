/**
 * From digital numbers of Sentinel-2 to the images that Prithvi takes.
 *
 * @module
 */

import {
  type Grid,
  type Pixels,
  type Planes,
  planesOf,
  resizeBilinear,
  resizeGrid,
  type Size,
} from "@rsembed/core";
import { distinctFrames } from "../_prepare/distinct_frames.ts";
import { windowGrid } from "../_prepare/ground.ts";
import { padToSquare, squareAround } from "../_prepare/square.ts";
import { takeFrames } from "../_prepare/take_frames.ts";

/** Digital number of full reflectance; higher ones are clipped. */
const fullScale = 10000;

/** Means of the bands over the training set. Source: `pretrained_cfg` of the published `config.json`. */
const bandMean = [1087, 1342, 1433, 2734, 1958, 1363] as const;
/** Standard deviations of the bands over the training set. Source: as above. */
const bandStd = [2248, 2179, 2178, 1850, 1242, 1049] as const;
/** What stands for no data among normalised values. Source: `inference.py` of Prithvi-EO-2.0. */
const noData = 0.0001;

/** `unit_scale` is reflectance in 0 to 1; `pretraining` is what the authors feed. */
export type Normalization = "unit_scale" | "pretraining";

/** How an image is brought to a size that the encoder takes. */
export type Fit =
  /** Padded to a square by reflection, then resized. */
  | { readonly prep: "resize"; readonly sizePx: number }
  /** Filled with zeros to the south and east, until sides are multiples. */
  | { readonly prep: "pad"; readonly multiplePx: number };

/**
 * The frames of a patch, scaled.
 *
 * @param pixels (T, C, H, W), reflectance x 10000
 */
function scaledFrames(pixels: Pixels, normalization: Normalization): Planes {
  const planes = planesOf(pixels);
  const { data: from, height, width, count } = planes;
  const size = height * width;
  const bands = pixels.shape[1];
  const data = new Float32Array(from.length);
  if (normalization === "unit_scale") {
    for (let i = 0; i < from.length; i++) {
      const x = from[i]! / fullScale;
      data[i] = x > 1 ? 1 : x > 0 ? x : 0; // also where it is not a number
    }
    return { ...planes, data };
  }
  for (let plane = 0; plane < count; plane++) {
    const mean = bandMean[plane % bands]!;
    const std = bandStd[plane % bands]!;
    for (let i = plane * size; i < (plane + 1) * size; i++) {
      const x = from[i]!;
      data[i] = x - x === 0 ? (x - mean) / std : noData;
    }
  }
  return { ...planes, data };
}

/** Rows and columns `[0, side)` of planes, with zeros where they have none; the same planes where that is all. */
function withSize(planes: Planes, { height, width }: Size): Planes {
  const { data: from, count, height: oldHeight, width: oldWidth } = planes;
  if (height === oldHeight && width === oldWidth) return planes;
  const data = new Float32Array(count * height * width);
  const columns = Math.min(width, oldWidth);
  for (let plane = 0; plane < count; plane++) {
    for (let y = 0; y < Math.min(height, oldHeight); y++) {
      const row = (plane * oldHeight + y) * oldWidth;
      data.set(from.subarray(row, row + columns), (plane * height + y) * width);
    }
  }
  return { data, count, height, width };
}

/** The size of an image after {@linkcode fittedSeries}. */
function fittedSize({ height, width }: Size, fit: Fit): Size {
  if (fit.prep === "resize") return { height: fit.sizePx, width: fit.sizePx };
  const up = (side: number) => Math.ceil(side / fit.multiplePx) * fit.multiplePx;
  return { height: up(height), width: up(width) };
}

/** Frames of a size that the encoder takes; those of the size asked for are left as they are. */
function fitFrames(planes: Planes, fit: Fit): Planes {
  const size = fittedSize(planes, fit);
  if (fit.prep === "pad") return withSize(planes, size);
  const fits = planes.height === size.height && planes.width === size.width;
  return fits ? planes : resizeBilinear(padToSquare(planes), size);
}

/** A series as the encoder takes it. */
export interface FittedSeries {
  /** The frames that are kept, scaled and of the size asked for. */
  readonly planes: Planes;
  /** Their indices among those of the patch. */
  readonly kept: readonly number[];
}

/**
 * Scales the frames of a patch, drops those that repeat an earlier one, and brings the others to size.
 *
 * @param pixels (T, 6, H, W), reflectance x 10000
 */
export function fittedSeries(
  pixels: Pixels,
  { normalization, fit }: { normalization: Normalization; fit: Fit },
): FittedSeries {
  const [frames] = pixels.shape;
  const scaled = scaledFrames(pixels, normalization);
  const kept = distinctFrames(scaled, frames);
  return { planes: fitFrames(takeFrames(scaled, frames, kept), fit), kept };
}

/** Indices of the frames of a patch that are kept: those that, scaled, repeat no earlier one. */
export function keptFrames(pixels: Pixels, normalization: Normalization): readonly number[] {
  const [frames] = pixels.shape;
  return frames === 1 ? [0] : distinctFrames(scaledFrames(pixels, normalization), frames);
}

/** A size without the rows and columns, south and east, that fill no patch. */
function wholeSize({ height, width }: Size, patchSizePx: number): Size {
  return { height: height - height % patchSizePx, width: width - width % patchSizePx };
}

/** Frames without the rows and columns that fill no patch: the encoder does not see them. */
export function wholePatches(planes: Planes, patchSizePx: number): Planes {
  return withSize(planes, wholeSize(planes, patchSizePx));
}

/** The size of the encoder's input. */
export function inputSize(size: Size, fit: Fit, patchSizePx: number): Size {
  return wholeSize(fittedSize(size, fit), patchSizePx);
}

/** The grid of the encoder's input. */
export function fittedGrid(grid: Grid, fit: Fit, patchSizePx: number): Grid {
  const size = inputSize(grid, fit, patchSizePx);
  return fit.prep === "pad"
    ? windowGrid(grid, { x: 0, y: 0, ...size })
    : resizeGrid(windowGrid(grid, squareAround(grid)), size);
}
