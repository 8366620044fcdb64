/**
 * Where tokens stand in the image and in the series.
 *
 * @module
 */

import { bicubicMatrix, sinCos1d } from "@rsembed/models/layers";

/** A block of tokens and the layout that its positions come from. */
export interface PositionOptions {
  /** Number of frames. */
  readonly frames: number;
  /** Rows and columns of tokens. */
  readonly cells: readonly [height: number, width: number];
  /** Rows and columns of the layout that the encoder was made for. */
  readonly side: number;
  /** Width D of the encoder, a multiple of 16. */
  readonly width: number;
}

/** Encodings of `count` places along a side of the layout, (count, size). */
function alongSide(count: number, { side, size }: { side: number; size: number }): Float64Array {
  const known = sinCos1d(Array.from({ length: side }, (_, i) => i), { size });
  if (count === side) return known;
  // the table is bicubically resized as an image, which is to resize rows and columns, each alone
  const { data: weights } = bicubicMatrix({
    from: side,
    to: count,
    antialias: false,
    alignCorners: true,
  });
  const out = new Float64Array(count * size);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < side; j++) {
      const weight = weights[i * side + j]!;
      for (let k = 0; k < size; k++) out[i * size + k]! += weight * known[j * size + k]!;
    }
  }
  return out;
}

/**
 * Encodings of positions for a class token, zeros, and the tokens of all frames, rows from the top: 6/16 of
 * the width from the column, 6/16 from the row, 4/16 from the frame.
 *
 * Source: `get_3d_sincos_pos_embed` and `interpolate_pos_encoding` of Prithvi-EO-2.0, `prithvi_mae.py`.
 *
 * @returns (1 + T * h * w, D) in C order
 * @throws {RangeError} If the width is no multiple of 16
 */
export function positionTable(options: PositionOptions): Float32Array<ArrayBuffer> {
  const { frames, cells: [height, across], side, width } = options;
  if (width % 16 !== 0) {
    throw new RangeError(`Cannot encode positions in ${width} values: a multiple of 16 is wanted`);
  }
  const [plane, depth] = [6 * width / 16, 4 * width / 16];
  const columns = alongSide(across, { side, size: plane });
  const rows = alongSide(height, { side, size: plane });
  const times = sinCos1d(Array.from({ length: frames }, (_, t) => t), { size: depth });
  const out = new Float32Array((1 + frames * height * across) * width);
  let at = width;
  for (let t = 0; t < frames; t++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < across; x++) {
        out.set(columns.subarray(x * plane, (x + 1) * plane), at);
        out.set(rows.subarray(y * plane, (y + 1) * plane), at + plane);
        out.set(times.subarray(t * depth, (t + 1) * depth), at + 2 * plane);
        at += width;
      }
    }
  }
  return out;
}
