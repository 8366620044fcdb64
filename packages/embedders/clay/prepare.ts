/**
 * From imagery to the images that Clay takes.
 *
 * Source: rs-embed, `onthefly_clay.py`; of version 0, Clay-foundation/model, `src/datamodule.py` at v0.0.1.
 *
 * @module
 */

import {
  type Grid,
  ndarray,
  type Pixels,
  type Planes,
  planesOf,
  resizeBilinear,
  resizeGrid,
  RsembedError,
} from "@rsembed/core";
import { mapBands } from "../_prepare/map_bands.ts";
import { roundToHalf } from "../_prepare/round_to_half.ts";
import { windowGrid } from "../_prepare/ground.ts";
import { padToSquare, squareAround } from "../_prepare/square.ts";
import type { Tensor } from "../embedder.ts";
import { chipStatistics, type ClayBand } from "./sensors.ts";

/** No scene of Sentinel-2 is as dark as this in digital numbers. */
const darkest = 2;

/**
 * Refuses reflectance where digital numbers are wanted.
 *
 * @param name Of the model, for the message
 * @throws {RsembedError} `spec` for values in 0 to 2
 */
export function refuseReflectance(data: Float32Array, name: string): void {
  let [least, most] = [Infinity, -Infinity];
  for (const x of data) {
    if (x < least) least = x;
    if (x > most) most = x;
  }
  if (least >= 0 && most > 0 && most <= darkest) {
    throw new RsembedError(
      "spec",
      `Cannot run ${name} on the patch: its values lie in 0 to ${darkest}, digital numbers up to 10000 are wanted`,
      { facts: { field: "pixels", value: most } },
    );
  }
}

function squareImage(planes: Planes, sizePx: number): Tensor {
  const resized = resizeBilinear(padToSquare(planes), { height: sizePx, width: sizePx });
  return ndarray("float32", {
    axes: ["band", "y", "x"],
    shape: [planes.count, sizePx, sizePx],
    data: resized.data,
  });
}

/**
 * The input of version 1.5, (C, S, S): normalised, padded to a square by reflection, and resized. Pixels that are not
 * finite are taken as 0.
 *
 * @param pixels (1, C, H, W) in the sensor's own numbers
 */
export function clayImage(
  pixels: Pixels,
  { sizePx, bands }: { sizePx: number; bands: readonly ClayBand[] },
): Tensor {
  const planes = planesOf(pixels);
  const scaled = mapBands(planes, (band) => {
    const { mean, std } = bands[band]!;
    return (x) => ((x - x === 0 ? x : 0) - mean) / std;
  });
  return squareImage(scaled, sizePx);
}

/**
 * The input of version 0, (13, S, S): each step of the normalisation rounds to half precision, as it did in training.
 *
 * @param pixels (1, 13, H, W): reflectance x 10000, linear power of VH and VV, metres
 */
export function chipImage(pixels: Pixels, sizePx: number): Tensor {
  const planes = planesOf(pixels);
  const half = roundToHalf;
  const scaled = mapBands(planes, (band) => {
    const [mean, std] = chipStatistics[band]!;
    const [halfMean, halfStd] = [half(mean), half(std)];
    return (x) => {
      const value = half(half(half(x - x === 0 ? x : 0) - halfMean) / halfStd);
      return Number.isFinite(value) ? value : 0;
    };
  });
  return squareImage(scaled, sizePx);
}

/** The grid of the encoder's input. */
export function clayGrid(grid: Grid, sizePx: number): Grid {
  return resizeGrid(windowGrid(grid, squareAround(grid)), { height: sizePx, width: sizePx });
}
