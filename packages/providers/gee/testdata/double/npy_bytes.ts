/**
 * Structured arrays in NumPy's format, as the service writes them.
 *
 * @module
 */

import type { Grid } from "@rsembed/core";
import type { EeImage } from "./images.ts";

const widths = { u1: 1, u2: 2, i2: 2, i4: 4, f4: 4, f8: 8 } as const;

/** All bands of an image on a grid; masked pixels are 0. */
export function npyBytes(image: EeImage, grid: Grid): Uint8Array {
  const descr = image.bands.map(({ name, type }) => `('${name}', '${type === "u1" ? "|" : "<"}${type}')`);
  let header = `{'descr': [${descr.join(", ")}], 'fortran_order': False, 'shape': (${grid.height}, ${grid.width}), }`;
  header = header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11) + "\n";
  const record = image.bands.reduce((sum, { type }) => sum + widths[type], 0);
  const plane = grid.width * grid.height;
  const bytes = new Uint8Array(10 + header.length + plane * record);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  const view = new DataView(bytes.buffer);
  view.setUint16(8, header.length, true);
  bytes.set(new TextEncoder().encode(header), 10);
  let offset = 10 + header.length;
  for (const band of image.bands) {
    const { values, mask } = band.sample(grid);
    for (let at = 0; at < plane; at++) {
      const value = mask[at] === 1 ? values[at]! : 0;
      const to = offset + at * record;
      if (band.type === "u1") view.setUint8(to, value);
      else if (band.type === "u2") view.setUint16(to, value, true);
      else if (band.type === "i2") view.setInt16(to, value, true);
      else if (band.type === "i4") view.setInt32(to, value, true);
      else if (band.type === "f4") view.setFloat32(to, value, true);
      else view.setFloat64(to, value, true);
    }
    offset += widths[band.type];
  }
  return bytes;
}
