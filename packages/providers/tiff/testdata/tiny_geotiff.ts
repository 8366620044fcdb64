/**
 * Writes small GeoTIFFs for tests: one uncompressed strip a file, little-endian, bands together.
 *
 * @module
 */

import { writeFile } from "node:fs/promises";

/** What to write. */
export interface TinyGeoTiff {
  readonly epsg?: number;
  readonly west?: number;
  readonly north?: number;
  readonly pixelSize?: number;
  readonly width?: number;
  readonly height?: number;
  readonly bands?: number;
  readonly value?: (band: number, row: number, column: number) => number;
  readonly nodata?: string;
  readonly dateTime?: string;
  readonly gdalMetadata?: string;
  /** Tags to add or to replace, as (tag, type, values). */
  readonly tags?: readonly (readonly [tag: number, type: 3 | 4, values: readonly number[]])[];
}

type Tag = readonly [tag: number, type: number, values: readonly number[] | string];

const sizes: Record<number, number> = { 2: 1, 3: 2, 4: 4, 12: 8 };

/** The bytes of an int16 GeoTIFF. */
export function tinyGeoTiff(options: TinyGeoTiff = {}): Uint8Array<ArrayBuffer> {
  const { epsg = 32633, west = 500_000, north = 5_000_000, pixelSize = 10 } = options;
  const { width = 8, height = 8, bands = 1, value = () => 1 } = options;
  const pixelBytes = width * height * bands * 2;
  const geographic = epsg === 4326;
  const tags = new Map<number, Tag>();
  const add = (...tag: Tag) => tags.set(tag[0], tag);
  add(256, 4, [width]);
  add(257, 4, [height]);
  add(258, 3, Array(bands).fill(16));
  add(259, 3, [1]);
  add(262, 3, [1]);
  add(273, 4, [8]);
  add(277, 3, [bands]);
  add(278, 4, [height]);
  add(279, 4, [pixelBytes]);
  add(284, 3, [1]);
  add(339, 3, Array(bands).fill(2));
  add(33550, 12, [pixelSize, pixelSize, 0]);
  add(33922, 12, [0, 0, 0, west, north, 0]);
  add(34735, 3, [1, 1, 0, 3, 1024, 0, 1, geographic ? 2 : 1, 1025, 0, 1, 1, geographic ? 2048 : 3072, 0, 1, epsg]);
  if (options.nodata !== undefined) add(42113, 2, `${options.nodata}\0`);
  if (options.dateTime !== undefined) add(306, 2, `${options.dateTime}\0`);
  if (options.gdalMetadata !== undefined) add(42112, 2, `${options.gdalMetadata}\0`);
  for (const tag of options.tags ?? []) add(...tag);
  const sorted = [...tags.values()].sort((a, b) => a[0] - b[0]);
  const start = 8 + pixelBytes + (pixelBytes % 2);
  let extra = start + 2 + sorted.length * 12 + 4;
  const total = extra + sorted.reduce((n, [, type, v]) => n + v.length * sizes[type]! + 8, 0);
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  bytes.set([0x49, 0x49, 42, 0]);
  view.setUint32(4, start, true);
  for (let row = 0, at = 8; row < height; row++) {
    for (let column = 0; column < width; column++) {
      for (let band = 0; band < bands; band++, at += 2) {
        view.setInt16(at, value(band, row, column), true);
      }
    }
  }
  view.setUint16(start, sorted.length, true);
  sorted.forEach(([tag, type, values], i) => {
    const at = start + 2 + i * 12;
    view.setUint16(at, tag, true);
    view.setUint16(at + 2, type, true);
    view.setUint32(at + 4, values.length, true);
    const length = values.length * sizes[type]!;
    let to = at + 8;
    if (length > 4) {
      view.setUint32(at + 8, extra, true);
      to = extra;
      extra += length + (length % 2);
    }
    for (let k = 0; k < values.length; k++, to += sizes[type]!) {
      const v = typeof values === "string" ? values.charCodeAt(k) : values[k]!;
      if (type === 2) view.setUint8(to, v);
      else if (type === 3) view.setUint16(to, v, true);
      else if (type === 4) view.setUint32(to, v, true);
      else view.setFloat64(to, v, true);
    }
  });
  return bytes.slice(0, extra);
}

/** Writes an int16 GeoTIFF. */
export async function writeTinyGeoTiff(path: string, options: TinyGeoTiff = {}): Promise<void> {
  await writeFile(path, tinyGeoTiff(options));
}
