/**
 * Sine-cosine encodings of positions.
 *
 * @module
 */

/** Options of sine-cosine encodings. */
export interface SinCosOptions {
  /** Number of values of an encoding, even. */
  readonly size: number;
  /**
   * The exponents of 10000 run from 0 up to this, which is left out: 1 in the usual kind.
   *
   * @default 1
   */
  readonly exponents?: number;
}

/**
 * Encodings of positions: `size / 2` sines, then as many cosines, of `p * 10000^(-exponents * k / (size / 2))`.
 *
 * Source: Vaswani et al. 2017, arXiv 1706.03762, 3.5; in the order of MAE (arXiv 2111.06377).
 *
 * @returns (positions, size) in C order, float64
 * @throws {RangeError} If `size` is odd
 *
 * @example
 * ```ts
 * import { sinCos1d } from "@rsembed/models/layers";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...sinCos1d([0, 1], { size: 2 })], [0, 1, Math.sin(1), Math.cos(1)]);
 * ```
 */
export function sinCos1d(positions: readonly number[], options: SinCosOptions): Float64Array {
  const { size, exponents = 1 } = options;
  const half = size / 2;
  if (!Number.isInteger(half) || half < 1) {
    throw new RangeError(`Cannot encode a position in ${size} values: sizes are even`);
  }
  const out = new Float64Array(positions.length * size);
  for (const [row, position] of positions.entries()) {
    for (let k = 0; k < half; k++) {
      const angle = position * 10000 ** (-exponents * k / half);
      out[row * size + k] = Math.sin(angle);
      out[row * size + half + k] = Math.cos(angle);
    }
  }
  return out;
}

/** Options of {@linkcode sinCos2d}. */
export interface SinCos2dOptions extends SinCosOptions {
  /** Number of rows. */
  readonly height: number;
  /** Number of columns. */
  readonly width: number;
  /** Distance of neighbours. @default 1 */
  readonly step?: number;
}

/**
 * Encodings of the cells of a grid: the first half of the values from the column, the second from the row.
 *
 * Source: MAE (arXiv 2111.06377), whose grids put the column first.
 *
 * @returns (height, width, size) in C order, float64
 * @throws {RangeError} If `size` is no multiple of 4
 */
export function sinCos2d(options: SinCos2dOptions): Float64Array {
  const { height, width, size, step = 1, exponents = 1 } = options;
  const half = size / 2;
  const side = (count: number) =>
    sinCos1d(Array.from({ length: count }, (_, i) => i * step), { size: half, exponents });
  const [columns, rows] = [side(width), side(height)];
  const out = new Float64Array(height * width * size);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * size;
      out.set(columns.subarray(x * half, (x + 1) * half), at);
      out.set(rows.subarray(y * half, (y + 1) * half), at + half);
    }
  }
  return out;
}
