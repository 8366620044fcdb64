/**
 * Position embeddings for grids of another size than they were trained for.
 *
 * @module
 */

import { type LazyTensor, mapTensor } from "../checkpoint/weights.ts";
import { bicubicMatrix } from "./resize_matrix.ts";

/** Options of {@linkcode resizePositions}. */
export interface ResizePositionsOptions {
  /** Rows and columns of the stored grid. */
  readonly from: readonly [height: number, width: number];
  /** Rows and columns wanted. */
  readonly to: readonly [height: number, width: number];
  /** Rows before the grid, such as that of a class token; they stay as they are. @default 0 */
  readonly prefix?: number;
  /** As in {@linkcode bicubicMatrix}. */
  readonly antialias: boolean;
}

/**
 * Resizes a table of position embeddings by bicubic interpolation: (prefix + h * w, D) to
 * (prefix + h' * w', D). A grid of the size wanted is left as it is.
 *
 * Source: Dosovitskiy et al. 2020, arXiv 2010.11929, 3.2.
 */
export function resizePositions(table: LazyTensor, options: ResizePositionsOptions): LazyTensor {
  const { from: [height, width], to: [toHeight, toWidth], prefix = 0, antialias } = options;
  const [rows, size = 0] = table.shape;
  if (table.shape.length !== 2 || rows !== prefix + height * width) {
    throw new RangeError(
      `Cannot resize positions of shape (${table.shape}): ${prefix} + ${height} x ${width} rows ` +
        "are wanted",
    );
  }
  if (height === toHeight && width === toWidth) return table;
  return mapTensor(table, [prefix + toHeight * toWidth, size], (data) => {
    const down = bicubicMatrix({ from: height, to: toHeight, antialias }).data;
    const across = bicubicMatrix({ from: width, to: toWidth, antialias }).data;
    const out = new Float32Array((prefix + toHeight * toWidth) * size);
    out.set(data.subarray(0, prefix * size));
    const sum = new Float64Array(size);
    for (let y = 0; y < toHeight; y++) {
      for (let x = 0; x < toWidth; x++) {
        sum.fill(0);
        for (let i = 0; i < height; i++) {
          for (let j = 0; j < width; j++) {
            const weight = down[y * height + i]! * across[x * width + j]!;
            if (weight === 0) continue;
            const at = (prefix + i * width + j) * size;
            for (let k = 0; k < size; k++) sum[k]! += weight * data[at + k]!;
          }
        }
        out.set(sum, (prefix + y * toWidth + x) * size);
      }
    }
    return out;
  });
}
