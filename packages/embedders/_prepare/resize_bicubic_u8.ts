/**
 * Bicubic resampling of 8-bit images, to the bit as Pillow does it.
 *
 * @module
 */

import type { Size } from "@rsembed/core";
import type { PixelWindow } from "./square.ts";

/** `count` 8-bit images of one size, one after another, rows first. */
export interface BytePlanes extends Size {
  readonly data: Uint8Array<ArrayBuffer>;
  readonly count: number;
}

/** Weights of source pixels for a run of output pixels, in fixed point. */
interface Kernel {
  /** First source pixel of each output pixel. */
  readonly start: Int32Array;
  /** Number of source pixels of each output pixel. */
  readonly length: Int32Array;
  /** `stride` weights for each output pixel. */
  readonly weights: Int32Array;
  readonly stride: number;
}

/** Fraction bits of the weights: 32 less 8 of the pixel and 2 of headroom. */
const fractionBits = 22;

/** Keys' cubic convolution with a = -0.5. */
function cubic(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

/** The kernel of output pixels `[offset, offset + count)` of a line resized from `from` to `to` pixels. */
function kernelOf(
  { from, to, offset, count }: { from: number; to: number; offset: number; count: number },
): Kernel {
  const scale = from / to;
  const support = 2 * Math.max(1, scale);
  const squeeze = 1 / Math.max(1, scale);
  const stride = Math.ceil(support) * 2 + 1;
  const start = new Int32Array(count);
  const length = new Int32Array(count);
  const weights = new Int32Array(count * stride);
  const exact = new Float64Array(stride);
  for (let i = 0; i < count; i++) {
    const center = (offset + i + 0.5) * scale;
    const low = Math.max(0, Math.trunc(center - support + 0.5));
    const high = Math.min(from, Math.trunc(center + support + 0.5));
    let sum = 0;
    for (let k = 0; k < high - low; k++) {
      const weight = cubic((k + low - center + 0.5) * squeeze);
      exact[k] = weight;
      sum += weight;
    }
    for (let k = 0; k < high - low; k++) {
      const weight = (exact[k]! / sum) * 2 ** fractionBits;
      weights[i * stride + k] = Math.trunc(weight < 0 ? weight - 0.5 : weight + 0.5);
    }
    start[i] = low;
    length[i] = high - low;
  }
  return { start, length, weights, stride };
}

/** A weighted sum in fixed point as a byte, rounded half up. */
function toByte(sum: number): number {
  const value = (sum + 2 ** (fractionBits - 1)) >> fractionBits;
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

/**
 * A window of the bicubic, antialiased resize of 8-bit images: columns first, then rows, each pass rounded
 * to bytes.
 *
 * Source: Pillow `Image.resize(resample=BICUBIC)`, `src/libImaging/Resample.c`.
 *
 * @param size The size of the whole resized image
 * @param window The part of it to compute; it lies inside
 */
export function resizeBicubicBytes(
  planes: BytePlanes,
  { size, window }: { size: Size; window: PixelWindow },
): BytePlanes {
  const { count } = planes;
  const across = kernelOf({
    from: planes.width,
    to: size.width,
    offset: window.x,
    count: window.width,
  });
  const down = kernelOf({
    from: planes.height,
    to: size.height,
    offset: window.y,
    count: window.height,
  });
  const last = window.height - 1;
  const firstRow = down.start[0]!;
  const rows = down.start[last]! + down.length[last]! - firstRow;

  const narrow = new Uint8Array(count * rows * window.width);
  let at = 0;
  for (let plane = 0; plane < count; plane++) {
    for (let y = 0; y < rows; y++) {
      const row = (plane * planes.height + firstRow + y) * planes.width;
      for (let x = 0; x < window.width; x++) {
        const from = row + across.start[x]!;
        const weight = x * across.stride;
        let sum = 0;
        for (let k = 0; k < across.length[x]!; k++) {
          sum += planes.data[from + k]! * across.weights[weight + k]!;
        }
        narrow[at++] = toByte(sum);
      }
    }
  }

  const data = new Uint8Array(count * window.height * window.width);
  at = 0;
  for (let plane = 0; plane < count; plane++) {
    for (let y = 0; y < window.height; y++) {
      const from = (plane * rows + down.start[y]! - firstRow) * window.width;
      const weight = y * down.stride;
      for (let x = 0; x < window.width; x++) {
        let sum = 0;
        for (let k = 0; k < down.length[y]!; k++) {
          sum += narrow[from + x + k * window.width]! * down.weights[weight + k]!;
        }
        data[at++] = toByte(sum);
      }
    }
  }
  return { data, count, height: window.height, width: window.width };
}
