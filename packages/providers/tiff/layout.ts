/**
 * How the pixels of a TIFF are stored.
 *
 * @module
 */

import { RsembedError } from "@rsembed/core";
import { type BlockLayout, sampleBytes, type SampleType } from "./blocks.ts";
import type { TiffDirectory } from "./directory.ts";

/** Largest block, bytes decoded. */
const maxBlockBytes = 2 ** 29;
/** Most bands. */
const maxBands = 65_535;

/** How an image is cut into blocks. */
export interface TiffLayout {
  /** Path, for messages. */
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly count: number;
  readonly type: SampleType;
  readonly tiled: boolean;
  /** Whether all bands of a pixel lie together. */
  readonly together: boolean;
  readonly blockWidth: number;
  readonly blockHeight: number;
  readonly block: BlockLayout;
}

/**
 * Reads how an image is stored.
 *
 * @throws {RsembedError} `corrupt` for sizes that cannot be, `limit` for absurd ones, `unsupported` for
 * kinds of samples that are not read
 */
export async function readTiffLayout(
  { path }: { readonly path: string },
  directory: TiffDirectory,
): Promise<TiffLayout> {
  const refuse = (state: string) =>
    new RsembedError("corrupt", `Cannot read "${path}" as TIFF: ${state}`, {
      facts: { source: path },
    });
  const side = async (tag: "imageWidth" | "imageLength" | "tileWidth" | "tileLength") => {
    const value = await directory.number(tag, 0);
    if (!(value >= 1 && value < 2 ** 31)) throw refuse(`its ${tag} is ${value}`);
    return value;
  };
  const width = await side("imageWidth");
  const height = await side("imageLength");
  const count = await directory.number("samplesPerPixel", 1);
  if (!(count >= 1 && count <= maxBands)) throw refuse(`it has ${count} bands`);
  const type = await readSampleType(path, directory);
  const tiled = directory.has("tileOffsets");
  if (!tiled && !directory.has("stripOffsets")) throw refuse("it has neither strips nor tiles");
  const rowsPerStrip = await directory.number("rowsPerStrip", height);
  const blockWidth = tiled ? await side("tileWidth") : width;
  const blockHeight = tiled
    ? await side("tileLength")
    : Math.min(height, rowsPerStrip >= 1 ? rowsPerStrip : height);
  const together = await directory.number("planarConfiguration", 1) !== 2;
  const samplesPerPixel = together ? count : 1;
  const blockBytes = blockWidth * blockHeight * samplesPerPixel * sampleBytes(type);
  if (blockBytes > maxBlockBytes) {
    throw new RsembedError(
      "limit",
      `Cannot read "${path}": a block has ${blockBytes} bytes, at most ${maxBlockBytes} are decoded; store it in tiles`,
      { facts: { limit: "block, bytes", max: maxBlockBytes, actual: blockBytes } },
    );
  }
  return {
    path,
    width,
    height,
    count,
    type,
    tiled,
    together,
    blockWidth,
    blockHeight,
    block: {
      path,
      compression: await directory.number("compression", 1),
      predictor: await directory.number("predictor", 1),
      type,
      littleEndian: directory.littleEndian,
      samplesPerPixel,
      width: blockWidth,
      height: blockHeight,
      lercParameters: await directory.numbers("lercParameters"),
    },
  };
}

async function readSampleType(path: string, directory: TiffDirectory): Promise<SampleType> {
  const bits = await directory.numbers("bitsPerSample");
  const formats = await directory.numbers("sampleFormat");
  const bit = bits[0] ?? 1, format = formats[0] ?? 1;
  const kind = format === 1 ? "uint" : format === 2 ? "int" : format === 3 ? "float" : null;
  const same = Array.from(bits).every((b) => b === bit) &&
    Array.from(formats).every((f) => f === format);
  const known = kind === "float" ? bit === 32 || bit === 64 : [8, 16, 32].includes(bit);
  if (kind === null || !known || !same) {
    throw new RsembedError(
      "unsupported",
      `Cannot read "${path}": its samples are of ${bit} bits and format ${format}${
        same ? "" : ", not all alike"
      }; integers of 8, 16 and 32 bits and floats of 32 and 64 are read`,
      { facts: { feature: `TIFF samples of ${bit} bits, format ${format}` } },
    );
  }
  return `${kind}${bit}` as SampleType;
}
