/**
 * Made-up Tessera tiles.
 *
 * @module
 */

import type { Grid } from "@rsembed/core";
import { tinyCog } from "../../tiff/testdata/tiny_cog.ts";

/** Length of an embedding. */
export const depth = 128;

/** The bytes of an array in NumPy's format. */
export function npyBytes(descr: string, shape: readonly number[], body: Uint8Array): Uint8Array {
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(", ")}), }`;
  const header = `${text}${" ".repeat((64 - (11 + text.length) % 64) % 64)}\n`;
  const bytes = new Uint8Array(10 + header.length + body.length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  new DataView(bytes.buffer).setUint16(8, header.length, true);
  bytes.set(new TextEncoder().encode(header), 10);
  bytes.set(body, 10 + header.length);
  return bytes;
}

/** A tile: the stored number of each pixel and dimension, and the scale of each pixel. */
export interface TestTile {
  readonly name: string;
  readonly grid: Grid;
  readonly value: (column: number, row: number, dimension: number) => number;
  readonly scale: (column: number, row: number) => number;
}

/** The three files of a tile, by their paths below the root. */
export function tesseraFiles(
  { name, grid, value, scale }: TestTile,
  { dataset = "v1", year = 2021 }: { dataset?: string; year?: number } = {},
): Map<string, Uint8Array> {
  const { width, height } = grid;
  const values = new Int8Array(width * height * depth);
  const scales = new Float32Array(width * height);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const at = row * width + column;
      scales[at] = scale(column, row);
      for (let d = 0; d < depth; d++) values[at * depth + d] = value(column, row, d);
    }
  }
  const folder = `npy/${dataset}/${year}/${name}`;
  return new Map([
    [`${folder}/${name}.npy`, npyBytes("|i1", [height, width, depth], new Uint8Array(values.buffer))],
    [`${folder}/${name}_scales.npy`, npyBytes("<f4", [height, width], new Uint8Array(scales.buffer))],
    [
      `landmasks/${/^v\d+(?:\.\d+)?/.exec(dataset)![0]}/${name}.tiff`,
      tinyCog({ grid, type: "uint8", value: () => 1, tile: 64, levels: 1 }),
    ],
  ]);
}
