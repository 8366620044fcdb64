/**
 * A patch as a picture.
 *
 * @module
 */

import { type Patch, selectBands } from "@rsembed/core";
import { encodePng } from "./png.ts";
import { quantile } from "./statistics.ts";

/** Options of {@linkcode quicklook}. */
export interface QuicklookOptions {
  /** Bands for red, green and blue. @default B4, B3, B2 where they are there, else the first three */
  readonly bands?: readonly [string, string, string];
  /** Which frame. @default 0 */
  readonly frame?: number;
  /** Quantiles that become black and white, band by band. @default [0.02, 0.98] */
  readonly stretch?: readonly [number, number];
}

const trueColor = [["B4", "B3", "B2"], ["B04", "B03", "B02"]];

function chooseBands(bands: readonly string[]): readonly string[] {
  const found = trueColor.find((names) => names.every((name) => bands.includes(name)));
  return found ?? [0, 1, 2].map((i) => bands[Math.min(i, bands.length - 1)]!);
}

/**
 * Draws a patch as PNG, rows from the first, pixels without imagery transparent.
 *
 * @throws {RsembedError} `not-found` for bands that the patch lacks
 * @throws {RangeError} For a frame that the patch lacks
 */
export function quicklook(patch: Patch, options: QuicklookOptions = {}): Uint8Array<ArrayBuffer> {
  const { frame = 0, stretch = [0.02, 0.98] } = options;
  const chosen = selectBands(patch, options.bands ?? chooseBands(patch.bands));
  const [frames, , height, width] = chosen.pixels.shape;
  if (!(Number.isInteger(frame) && frame >= 0 && frame < frames)) {
    throw new RangeError(`Cannot draw frame ${frame}: the patch has ${frames}`);
  }
  const size = height * width;
  const data = new Uint8Array(size * 4);
  const valid = patch.valid.data.subarray(frame * size, (frame + 1) * size);
  for (let band = 0; band < 3; band++) {
    const start = (frame * 3 + band) * size;
    const plane = chosen.pixels.data.subarray(start, start + size);
    const sorted = plane.filter((value, i) => valid[i] === 1 && Number.isFinite(value)).sort();
    const low = quantile(sorted, stretch[0]);
    const scale = 255 / Math.max(1e-9, quantile(sorted, stretch[1]) - low);
    for (let i = 0; i < size; i++) {
      data[4 * i + band] = Math.max(0, Math.min(255, Math.round((plane[i]! - low) * scale)));
    }
  }
  for (let i = 0; i < size; i++) data[4 * i + 3] = valid[i] === 1 ? 255 : 0;
  return encodePng({ width, height, samples: 4, data });
}
