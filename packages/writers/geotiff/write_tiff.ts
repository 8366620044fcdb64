/**
 * One array of bands as a tiled, deflated GeoTIFF.
 *
 * @module
 */

import { deflateSync } from "node:zlib";
import { bytesPerElement, type Dtype, type Grid, RsembedError } from "@rsembed/core";
import { createAtomic } from "../atomic.ts";
import type { WriteOptions } from "../writer.ts";
import { encodeBytes, encodeFloats, predictors } from "./predictor.ts";
import { type Directory, encodeHeader, gdalMetadata, tags, type TagValue } from "./tags.ts";

/** Bands (C, H, W) on a grid. */
export interface TiffImage {
  /** Element type; 64-bit integers are not among those of TIFF's readers. */
  readonly dtype: Dtype;
  /** Numbers of bands, rows and columns. */
  readonly shape: readonly [bands: number, height: number, width: number];
  /** Values in C order, little-endian. */
  readonly bytes: Uint8Array;
  /** Where the pixels lie; `null` where it is not known. */
  readonly grid: Grid | null;
  /** What the file says of itself. */
  readonly facts: Readonly<Record<string, string>>;
}

/** Longest side of a tile, px. */
const maxTileSide = 256;
const deflateLevel = 6;
/** Bytes from which on a file counts them in eight. */
const bigBytes = 4 * 2 ** 30 - 2 ** 20;

/** Numbers of TIFF's sample formats. */
const formats: { readonly [D in Dtype]?: 1 | 2 | 3 } = {
  uint8: 1,
  uint16: 1,
  uint32: 1,
  int8: 2,
  int16: 2,
  int32: 2,
  float16: 3,
  float32: 3,
  float64: 3,
};

/** The side of tiles of an image: a multiple of 16, as TIFF wants it. */
export function tileSideOf(height: number, width: number): number {
  return Math.min(maxTileSide, 16 * Math.ceil(Math.max(height, width, 1) / 16));
}

/** The bytes of a tile; beyond the edges zeros. */
function cut(
  { shape: [, height, width], bytes, dtype }: TiffImage,
  { band, row, column, side }: { band: number; row: number; column: number; side: number },
): Uint8Array {
  const size = bytesPerElement[dtype];
  const tile = new Uint8Array(side * side * size);
  const columns = Math.min(side, width - column);
  for (let y = 0; y < Math.min(side, height - row); y++) {
    const start = ((band * height + row + y) * width + column) * size;
    tile.set(bytes.subarray(start, start + columns * size), y * side * size);
  }
  return tile;
}

/** What places an image on the ground. */
function geoTags(grid: Grid | null): [number, TagValue][] {
  if (grid === null) return [];
  const [a, b, c, d, e, f] = grid.transform;
  const place: [number, TagValue][] = b === 0 && d === 0 && e < 0
    ? [
      [tags.pixelScale, { kind: "double", values: [a, -e, 0] }],
      [tags.tiepoint, { kind: "double", values: [0, 0, 0, c, f, 0] }],
    ]
    : [[tags.transformation, {
      kind: "double",
      values: [a, b, 0, c, d, e, 0, f, 0, 0, 0, 0, 0, 0, 0, 1],
    }]];
  const code = Number(/^EPSG:(\d+)$/i.exec(grid.crs)?.[1]);
  if (!Number.isInteger(code) || code > 65535) return place;
  const isGeographic = code === 4326;
  const keys = [
    [1024, 0, 1, isGeographic ? 2 : 1],
    [1025, 0, 1, 1],
    [isGeographic ? 2048 : 3072, 0, 1, code],
  ];
  const values = [1, 1, 1, keys.length, ...keys.flat()];
  return [...place, [tags.geoKeys, { kind: "short", values }]];
}

/**
 * Writes an image, complete or not at all.
 *
 * @returns Length of the file, bytes
 * @throws {RsembedError} `unsupported` for an element type that TIFF has not
 */
export async function writeTiff(
  path: string,
  image: TiffImage,
  options: WriteOptions = {},
): Promise<number> {
  const { dtype, shape: [bands, height, width], grid, facts } = image;
  const format = formats[dtype];
  if (format === undefined) {
    throw new RsembedError("unsupported", `Cannot write ${dtype} as GeoTIFF: it has no such type`, {
      facts: { feature: `${dtype} in GeoTIFF` },
    });
  }
  const size = bytesPerElement[dtype];
  const side = tileSideOf(height, width);
  const isFloat = format === 3;
  const predictor = isFloat ? predictors.float : size === 1 ? predictors.horizontal : 1;
  const tile = { side, width: size };
  const tiles: Uint8Array[] = [];
  for (let band = 0; band < bands; band++) {
    options.signal?.throwIfAborted();
    for (let row = 0; row < height; row += side) {
      for (let column = 0; column < width; column += side) {
        const bytes = cut(image, { band, row, column, side });
        const predicted = isFloat
          ? encodeFloats(bytes, tile)
          : size === 1
          ? encodeBytes(bytes, tile)
          : bytes;
        tiles.push(deflateSync(predicted, { level: deflateLevel }));
      }
    }
  }
  const total = tiles.reduce((sum, bytes) => sum + bytes.length, 0);
  const flavour = { big: total >= bigBytes };
  const perBand = (value: number): TagValue => ({
    kind: "short",
    values: new Array<number>(bands).fill(value),
  });
  const short = (value: number): TagValue => ({ kind: "short", values: [value] });
  const long = (value: number): TagValue => ({ kind: "long", values: [value] });
  const directoryAt = (offsets: readonly number[]): Directory =>
    new Map<number, TagValue>([
      [tags.width, long(width)],
      [tags.height, long(height)],
      [tags.bitsPerSample, perBand(8 * size)],
      [tags.compression, short(8)],
      [tags.photometric, short(1)],
      [tags.samplesPerPixel, short(bands)],
      // bands one after another: there are hundreds, and readers want some
      [tags.planar, short(2)],
      [tags.software, { kind: "ascii", text: "rsembed" }],
      ...(predictor === 1 ? [] : [[tags.predictor, short(predictor)] as const]),
      [tags.tileWidth, long(side)],
      [tags.tileHeight, long(side)],
      [tags.tileOffsets, { kind: "offset", values: offsets }],
      [tags.tileByteCounts, { kind: "offset", values: tiles.map(({ length }) => length) }],
      ...(bands > 1
        ? [
          [tags.extraSamples, {
            kind: "short",
            values: new Array<number>(bands - 1).fill(0),
          }] as const,
        ]
        : []),
      [tags.sampleFormat, perBand(format)],
      ...geoTags(grid),
      [tags.gdalMetadata, { kind: "ascii", text: gdalMetadata(facts) }],
      ...(isFloat ? [[tags.gdalNodata, { kind: "ascii", text: "nan" }] as const] : []),
    ]);
  // the header is as long whatever the offsets are
  const start = encodeHeader(directoryAt(tiles.map(() => 0)), flavour).length;
  let end = start;
  const offsets = tiles.map(({ length }) => {
    const at = end;
    end += length;
    return at;
  });
  const file = await createAtomic(path, options);
  try {
    await file.write(encodeHeader(directoryAt(offsets), flavour), 0);
    for (const [i, bytes] of tiles.entries()) {
      options.signal?.throwIfAborted();
      await file.write(bytes, offsets[i]!);
    }
    options.signal?.throwIfAborted();
    await file.commit();
    return end;
  } finally {
    await file[Symbol.asyncDispose]();
  }
}
