/**
 * Writes small cloud-optimised GeoTIFFs for tests: tiles, overviews, directories at the head.
 *
 * @module
 */

import { deflateSync } from "node:zlib";
import type { Grid } from "@rsembed/core";

/** What to write. */
export interface TinyCog {
  readonly grid: Grid;
  readonly type: "int8" | "uint8" | "uint16" | "float32";
  /** The value of a pixel at full resolution. */
  readonly value: (column: number, row: number, band: number) => number;
  /** @default 1 */
  readonly bands?: number;
  /** Whether bands lie apart, not pixel by pixel. @default false */
  readonly isPlanar?: boolean;
  /** Side of a tile, px; a multiple of 16. @default 64 */
  readonly tile?: number;
  /** Resolutions, each half of the one before. @default 2 */
  readonly levels?: number;
  /** Written as the tag GDAL_NODATA. @default none */
  readonly nodata?: number;
}

type Tag = readonly [tag: number, type: 2 | 3 | 4 | 12, values: readonly number[]];

const sizes = { 2: 1, 3: 2, 4: 4, 12: 8 };

/** One image: its tags but for where the tiles lie, and the tiles. */
function image(
  { grid, type, value, tile = 64, nodata, bands = 1, isPlanar = false }: TinyCog,
  level: number,
): { tags: Tag[]; tiles: Uint8Array[] } {
  const step = 2 ** level;
  const width = Math.ceil(grid.width / step), height = Math.ceil(grid.height / step);
  const bytes = type === "float32" ? 4 : type === "uint16" ? 2 : 1;
  const together = isPlanar ? 1 : bands;
  const tiles: Uint8Array[] = [];
  const put = (view: DataView, at: number, v: number) => {
    if (type === "float32") view.setFloat32(at, v, true);
    else if (type === "uint16") view.setUint16(at, v, true);
    else view.setUint8(at, v);
  };
  const isDifferenced = type !== "float32";
  for (let plane = 0; plane < bands / together; plane++) {
    for (let top = 0; top < height; top += tile) {
      for (let left = 0; left < width; left += tile) {
        const data = new Uint8Array(tile * tile * together * bytes);
        const view = new DataView(data.buffer);
        for (let y = 0; y < tile; y++) {
          const before = new Float64Array(together);
          for (let x = 0; x < tile; x++) {
            const column = Math.min(grid.width - 1, (left + x) * step);
            const row = Math.min(grid.height - 1, (top + y) * step);
            const isInside = left + x < width && top + y < height;
            for (let k = 0; k < together; k++) {
              const v = isInside ? value(column, row, plane + k) : 0;
              put(view, ((y * tile + x) * together + k) * bytes, isDifferenced ? v - before[k]! : v);
              before[k] = v;
            }
          }
        }
        tiles.push(deflateSync(data));
      }
    }
  }
  const [a, , c, , e, f] = grid.transform;
  const epsg = Number(grid.crs.slice(5));
  const isGeographic = epsg === 4326;
  const tags: Tag[] = [
    [254, 4, [level === 0 ? 0 : 1]],
    [256, 4, [width]],
    [257, 4, [height]],
    [258, 3, Array(bands).fill(8 * bytes)],
    [259, 3, [8]],
    [262, 3, [1]],
    [277, 3, [bands]],
    [284, 3, [isPlanar ? 2 : 1]],
    [317, 3, [isDifferenced ? 2 : 1]],
    [322, 3, [tile]],
    [323, 3, [tile]],
    [339, 3, Array(bands).fill(type === "float32" ? 3 : type === "int8" ? 2 : 1)],
  ];
  if (level === 0) {
    tags.push(
      [34264, 12, [a, 0, 0, c, 0, e, 0, f, 0, 0, 0, 0, 0, 0, 0, 1]],
      [34735, 3, [1, 1, 0, 3, 1024, 0, 1, isGeographic ? 2 : 1, 1025, 0, 1, 1, isGeographic ? 2048 : 3072, 0, 1, epsg]],
    );
  }
  if (nodata !== undefined) {
    tags.push([42113, 2, [...`${nodata}\0`].map((char) => char.charCodeAt(0))]);
  }
  return { tags, tiles };
}

/** The bytes of a file. */
export function tinyCog(options: TinyCog): Uint8Array<ArrayBuffer> {
  const images = Array.from({ length: options.levels ?? 2 }, (_, level) => image(options, level));
  const withTables = images.map(({ tags, tiles }) => ({
    tiles,
    tags: [...tags, [324, 4, tiles.map(() => 0)] as Tag, [325, 4, tiles.map((t) => t.length)] as Tag]
      .sort((x, y) => x[0] - y[0]),
  }));
  const lengthOf = ([, type, values]: Tag) => sizes[type] * values.length;
  const headLength = withTables.reduce((sum, { tags }) =>
    sum + 2 + 12 * tags.length + 4 +
    tags.reduce((extra, tag) => extra + (lengthOf(tag) > 4 ? lengthOf(tag) + lengthOf(tag) % 2 : 0), 0), 8);
  const total = headLength + withTables.reduce((sum, { tiles }) =>
    sum + tiles.reduce((s, { length }) => s + length, 0), 0);
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  bytes.set([0x49, 0x49, 42, 0, 8]);
  let head = 8, body = headLength;
  withTables.forEach(({ tags, tiles }, level) => {
    const offsets = tiles.map((tile) => {
      bytes.set(tile, body);
      body += tile.length;
      return body - tile.length;
    });
    let extra = head + 2 + 12 * tags.length + 4;
    view.setUint16(head, tags.length, true);
    tags.forEach(([tag, type, given], i) => {
      const values = tag === 324 ? offsets : given;
      const at = head + 2 + 12 * i;
      view.setUint16(at, tag, true);
      view.setUint16(at + 2, type, true);
      view.setUint32(at + 4, values.length, true);
      const length = sizes[type] * values.length;
      let to = at + 8;
      if (length > 4) {
        view.setUint32(at + 8, extra, true);
        to = extra;
        extra += length + length % 2;
      }
      for (const v of values) {
        if (type === 2) view.setUint8(to, v);
        else if (type === 3) view.setUint16(to, v, true);
        else if (type === 4) view.setUint32(to, v, true);
        else view.setFloat64(to, v, true);
        to += sizes[type];
      }
    });
    const isLast = level === withTables.length - 1;
    view.setUint32(head + 2 + 12 * tags.length, isLast ? 0 : extra, true);
    head = extra;
  });
  return bytes;
}
