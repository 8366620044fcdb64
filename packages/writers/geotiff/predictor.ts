/**
 * Differences of neighbours in place of numbers, which deflate makes smaller.
 *
 * Source: TIFF 6.0, section 14; Adobe Photoshop TIFF Technical Note 3, for floating-point numbers.
 *
 * @module
 */

/** Numbers of TIFF's tag. */
export const predictors = { horizontal: 2, float: 3 } as const;

/** A tile of one band, rows first. */
export interface TileShape {
  /** Side of the tile, px. */
  readonly side: number;
  /** Bytes of a number. */
  readonly width: number;
}

/** Whole bytes: each less the one before it in its row. */
function difference(bytes: Uint8Array, row: number): void {
  for (let start = 0; start < bytes.length; start += row) {
    for (let i = start + row - 1; i > start; i--) bytes[i]! -= bytes[i - 1]!;
  }
}

function sum(bytes: Uint8Array, row: number): void {
  for (let start = 0; start < bytes.length; start += row) {
    for (let i = start + 1; i < start + row; i++) bytes[i]! += bytes[i - 1]!;
  }
}

/** Little-endian numbers of a tile as predictor 3 has them: the first bytes of a row, then the second, as differences. */
export function encodeFloats(bytes: Uint8Array, { side, width }: TileShape): Uint8Array {
  const out = new Uint8Array(bytes.length);
  const row = side * width;
  for (let start = 0; start < bytes.length; start += row) {
    for (let i = 0; i < side; i++) {
      for (let part = 0; part < width; part++) {
        out[start + part * side + i] = bytes[start + i * width + (width - 1 - part)]!;
      }
    }
  }
  difference(out, row);
  return out;
}

/** The reverse of {@linkcode encodeFloats}. */
export function decodeFloats(bytes: Uint8Array, { side, width }: TileShape): Uint8Array {
  const split = bytes.slice();
  const row = side * width;
  sum(split, row);
  const out = new Uint8Array(bytes.length);
  for (let start = 0; start < bytes.length; start += row) {
    for (let i = 0; i < side; i++) {
      for (let part = 0; part < width; part++) {
        out[start + i * width + (width - 1 - part)] = split[start + part * side + i]!;
      }
    }
  }
  return out;
}

/** Single bytes of a tile as predictor 2 has them. */
export function encodeBytes(bytes: Uint8Array, { side }: TileShape): Uint8Array {
  const out = bytes.slice();
  difference(out, side);
  return out;
}

/** The reverse of {@linkcode encodeBytes}. */
export function decodeBytes(bytes: Uint8Array, { side }: TileShape): Uint8Array {
  const out = bytes.slice();
  sum(out, side);
  return out;
}
