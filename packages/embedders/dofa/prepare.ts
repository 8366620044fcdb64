/**
 * From digital numbers of Sentinel-2 to the images that DOFA takes.
 *
 * Source: rs-embed, `onthefly_dofa.py`.
 *
 * @module
 */

import {
  type Grid,
  ndarray,
  type Pixels,
  resizeBilinear,
  resizeGrid,
  RsembedError,
} from "@rsembed/core";
import { windowGrid } from "../_prepare/ground.ts";
import { padToSquare, squareAround } from "../_prepare/square.ts";
import type { Tensor } from "../embedder.ts";
import type { DofaBand } from "./bands.ts";

/** Digital number of full reflectance; higher ones are clipped. */
const fullScale = 10000;

/** Nothing on Earth is as dark as this in digital numbers. */
const darkest = 2;

/**
 * The input of the encoder, (C, S, S): reflectance in 0 to 255, normalised, padded to a square and resized.
 * Pixels that are not finite are taken as 0.
 *
 * @param pixels (1, C, H, W), reflectance x 10000
 * @param name Of the model, for messages
 * @throws {RsembedError} `spec` for values that have been scaled already
 */
export function dofaImage(
  pixels: Pixels,
  { sizePx, bands, name }: { sizePx: number; bands: readonly DofaBand[]; name: string },
): Tensor {
  const [, count, height, width] = pixels.shape;
  const from = pixels.data;
  const plane = height * width;
  const data = new Float32Array(from.length);
  let most = 0;
  for (const [band, { mean, std }] of bands.entries()) {
    for (let i = band * plane; i < (band + 1) * plane; i++) {
      const x = from[i]!;
      const clipped = x > fullScale ? (x === Infinity ? 0 : fullScale) : x > 0 ? x : 0;
      if (clipped > most) most = clipped;
      data[i] = (clipped / fullScale * 255 - mean) / std;
    }
  }
  if (most > 0 && most <= darkest) {
    throw new RsembedError(
      "spec",
      `Cannot run ${name} on the patch: its values lie in 0 to ${darkest}, digital numbers up to ` +
        `${fullScale} are wanted`,
      { facts: { field: "pixels", value: most } },
    );
  }
  const square = padToSquare({ data, count, height, width });
  const resized = resizeBilinear(square, { height: sizePx, width: sizePx });
  return ndarray("float32", {
    axes: ["band", "y", "x"],
    shape: [count, sizePx, sizePx],
    data: resized.data,
  });
}

/** The grid of the encoder's input. */
export function dofaGrid(grid: Grid, sizePx: number): Grid {
  return resizeGrid(windowGrid(grid, squareAround(grid)), { height: sizePx, width: sizePx });
}
