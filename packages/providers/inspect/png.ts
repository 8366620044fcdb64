/**
 * PNG files of 8-bit pixels.
 *
 * Source: PNG specification, third edition (W3C, 2025).
 *
 * @module
 */

import { crc32, deflateSync } from "node:zlib";
import { concatBytes } from "@rsembed/core";

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** Colour types of 1 to 4 samples a pixel: grey, grey + alpha, RGB, RGBA. */
const colorTypes = [0, 4, 2, 6] as const;

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

/** An image of 8-bit samples. */
export interface Image {
  /** Columns, px. */
  readonly width: number;
  /** Rows, px. */
  readonly height: number;
  /** Samples a pixel: 1 grey, 2 grey + alpha, 3 RGB, 4 RGBA. */
  readonly samples: 1 | 2 | 3 | 4;
  /** (H, W, samples) */
  readonly data: Uint8Array;
}

/**
 * Encodes an image as PNG.
 *
 * @throws {RangeError} If the sizes do not agree
 *
 * @example
 * ```ts
 * import { encodePng } from "@rsembed/providers/inspect";
 * import assert from "node:assert/strict";
 *
 * const png = encodePng({ width: 1, height: 1, samples: 3, data: Uint8Array.of(255, 0, 0) });
 * assert.deepEqual([...png.subarray(1, 4)], [0x50, 0x4e, 0x47]); // "PNG"
 * ```
 */
export function encodePng({ width, height, samples, data }: Image): Uint8Array<ArrayBuffer> {
  if (!(width > 0 && height > 0) || data.length !== width * height * samples) {
    throw new RangeError(
      `Cannot make ${data.length} samples an image of ${width} x ${height} x ${samples}`,
    );
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = 8;
  header[9] = colorTypes[samples - 1]!;
  const stride = width * samples;
  const rows = new Uint8Array(height * (stride + 1));
  for (let row = 0; row < height; row++) {
    const to = row * (stride + 1);
    rows[to] = 1; // each sample as its difference to the one on its left: imagery is smooth
    for (let i = 0; i < stride; i++) {
      const left = i >= samples ? data[row * stride + i - samples]! : 0;
      rows[to + 1 + i] = data[row * stride + i]! - left;
    }
  }
  const parts = [
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", new Uint8Array(0)),
  ];
  return concatBytes(parts);
}
