/**
 * From Sentinel-2's digital numbers, or Sentinel-1's backscatter, to the images that OlmoEarth takes.
 *
 * @module
 */

import {
  type Grid,
  type Patch,
  type Planes,
  resizeBilinear,
  resizeGrid,
  RsembedError,
  type Size,
} from "@rsembed/core";
import { windowGrid } from "../_prepare/ground.ts";
import { cropToSquare, padToSquare, squareAround, squareWithin } from "../_prepare/square.ts";

/** Kinds of imagery. */
export type Modality = "s1" | "s2";

/** How images become square. */
export type ShapeAdjust = "pad" | "crop";

/** Mean and standard deviation of a band over the pretraining set. */
type Statistics = readonly [mean: number, std: number];

/** In the order of the encoder's channels. Source: olmoearth_pretrain, `data/norm_configs/computed.json`. */
const statistics: Readonly<Record<Modality, readonly Statistics[]>> = {
  s2: [
    [1188.9412572078477, 1859.1923971769581],
    [1407.7739105458452, 1727.7387413631088],
    [1513.0573882432757, 1740.7757298757895],
    [2755.481305028308, 1612.2565699990187],
    [1890.9893042634167, 1754.7320388511766],
    [2483.7812315422448, 1622.1172720635755],
    [2722.728248756412, 1621.8226170190276],
    [2885.570263047681, 1611.3587521042082],
    [2562.852607796968, 1441.5471830655151],
    [1914.1383249044113, 1328.8914382756407],
    [1115.8494388252218, 1955.6991794280914],
    [3269.812554170875, 2651.088425085525],
  ],
  s1: [
    [-11.648990747328444, 10.840350299936597],
    [-17.745436133270044, 10.216274681392647],
  ],
};

/** Least power that has decibels of its own. */
const leastPower = 1e-10;

/** Linear power in decibels. */
export function decibels(power: number): number {
  return 10 * Math.log10(Math.max(power, leastPower));
}

/**
 * Indices of the frames that hold imagery: some valid pixel, and some finite value.
 *
 * @throws {RsembedError} `no-data` where none does
 */
export function framesWithImagery({ pixels, valid, provenance }: Patch): readonly number[] {
  const [frames, bands, height, width] = pixels.shape;
  const area = height * width;
  const holds = (
    data: ArrayLike<number>,
    frame: number,
    size: number,
    test: (x: number) => boolean,
  ) => {
    for (let i = frame * size; i < (frame + 1) * size; i++) if (test(data[i]!)) return true;
    return false;
  };
  const kept = Array.from({ length: frames }, (_, i) => i).filter((frame) =>
    holds(valid.data, frame, area, (x) => x !== 0) &&
    holds(pixels.data, frame, bands * area, Number.isFinite)
  );
  if (kept.length === 0) {
    throw new RsembedError(
      "no-data",
      `Cannot embed the patch from ${provenance.source}: none of its ${frames} frames holds imagery`,
      { facts: { source: provenance.source } },
    );
  }
  return kept;
}

/** How frames are prepared. */
export interface FramesOptions {
  /** Which bands they have. */
  readonly modality: Modality;
  /** Whether backscatter is linear power, not decibels. */
  readonly linearPower: boolean;
  /** Whether frames are bins of a series: what is not a number is a value of 0 there, and the middle of the scale elsewhere. */
  readonly series: boolean;
  readonly shapeAdjust: ShapeAdjust;
  readonly sizePx: number;
}

/**
 * Frames as the encoder takes them: scaled by `(x - (mean - 2 std)) / (4 std)`, squared, resized.
 *
 * Source: rs-embed, `onthefly_olmoearth.py`.
 *
 * @param planes T frames of the modality's bands, one after another
 */
export function normalizedFrames(planes: Planes, options: FramesOptions): Planes {
  const { modality, linearPower, series, shapeAdjust, sizePx } = options;
  const bands = statistics[modality];
  const size = planes.height * planes.width;
  const data = new Float32Array(planes.data.length);
  for (let plane = 0; plane < planes.count; plane++) {
    const [mean, std] = bands[plane % bands.length]!;
    const [low, span] = [mean - 2 * std, 4 * std];
    for (let i = plane * size; i < (plane + 1) * size; i++) {
      const given = planes.data[i]!;
      const raw = linearPower ? decibels(given) : given;
      const x = ((series && raw !== raw ? 0 : raw) - low) / span;
      data[i] = x - x === 0 ? x : x > 0 ? 1 : 0;
    }
  }
  const scaled = { ...planes, data };
  const square = shapeAdjust === "pad" ? padToSquare(scaled) : cropToSquare(scaled);
  return resizeBilinear(square, { height: sizePx, width: sizePx });
}

/** The grid of the encoder's input. */
export function squaredGrid(
  grid: Grid,
  { shapeAdjust, sizePx }: Pick<FramesOptions, "shapeAdjust" | "sizePx">,
): Grid {
  const square = shapeAdjust === "pad" ? squareAround(grid) : squareWithin(grid);
  return resizeGrid(windowGrid(grid, square), { width: sizePx, height: sizePx });
}

/** A number with as many decimals, as rs-embed's metadata has them. */
function rounded(x: number, decimals: number): number {
  return Number(x.toFixed(decimals));
}

/**
 * How an image became square, under rs-embed's names. `roi_window` is the part of the input that the image
 * fills: top, bottom, left and right, in shares of its sides.
 */
export function shapeMeta(
  { height, width }: Size,
  { shapeAdjust, sizePx }: Pick<FramesOptions, "shapeAdjust" | "sizePx">,
): Readonly<Record<string, unknown>> {
  const padded = shapeAdjust === "pad" && height !== width;
  const square = padded ? squareAround({ height, width }) : squareWithin({ height, width });
  const side = square.height;
  const share = (at: number) => rounded(at / side, 6);
  return {
    orig_hw: [height, width],
    aspect: rounded(Math.max(height, width) / Math.min(height, width), 4),
    shape_adjust: shapeAdjust,
    target_hw: [sizePx, sizePx],
    applied: height === width ? "none" : `${shapeAdjust}_to_square`,
    square_hw: [side, side],
    roi_window: padded
      ? [share(-square.y), share(height - square.y), share(-square.x), share(width - square.x)]
      : [0, 1, 0, 1],
  };
}
