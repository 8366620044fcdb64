/**
 * Decoding the strips and tiles of a TIFF.
 *
 * @module
 */

import * as zlib from "node:zlib";
import { errorMessage, isRsembedError, RsembedError } from "@rsembed/core";
import { decodeLzw } from "./lzw.ts";

/** Typed arrays that samples are read as. */
export type Samples =
  | Uint8Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;

/** Element types of samples. */
export type SampleType =
  | "uint8"
  | "int8"
  | "uint16"
  | "int16"
  | "uint32"
  | "int32"
  | "float32"
  | "float64";

const arrays: {
  readonly [T in SampleType]: new (buffer: ArrayBuffer, offset: number, length: number) => Samples;
} = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
};

/** Bytes of a sample. */
export function sampleBytes(type: SampleType): number {
  return Number(type.replace(/\D+/, "")) / 8;
}

/** How the blocks of a file are stored. */
export interface BlockLayout {
  /** Path, for messages. */
  readonly path: string;
  /** Code of the compression, TIFF tag 259. */
  readonly compression: number;
  /** 1 none, 2 horizontal differences, 3 differences of floating-point bytes. */
  readonly predictor: number;
  readonly type: SampleType;
  readonly littleEndian: boolean;
  /** Samples of a pixel that lie together: all bands, or 1 where bands lie apart. */
  readonly samplesPerPixel: number;
  /** Pixels in a row of a block. */
  readonly width: number;
  /** Rows of a full block; the last strip may have fewer. */
  readonly height: number;
  /** Parameters of LERC, TIFF tag 50674. */
  readonly lercParameters: ArrayLike<number>;
}

/**
 * Decodes a block of `rows` rows.
 *
 * @throws {RsembedError} `corrupt` if the bytes are not what they claim, `unsupported` for a compression
 * that is not known
 */
export async function decodeBlock(
  bytes: Uint8Array<ArrayBuffer>,
  layout: BlockLayout,
  rows: number,
): Promise<Samples> {
  const rowBytes = layout.width * layout.samplesPerPixel * sampleBytes(layout.type);
  const wanted = rows * rowBytes;
  let raw: Uint8Array<ArrayBuffer>;
  try {
    raw = await decompress(bytes, layout, wanted);
  } catch (cause) {
    if (isRsembedError(cause)) throw cause;
    throw new RsembedError(
      "corrupt",
      `Cannot decode a block of "${layout.path}": ${errorMessage(cause)}`,
      { facts: { source: layout.path }, cause },
    );
  }
  if (raw.length < wanted) {
    throw new RsembedError(
      "corrupt",
      `Cannot decode a block of "${layout.path}": it has ${raw.length} bytes, ${wanted} are needed`,
      { facts: { source: layout.path } },
    );
  }
  // copied where it starts unaligned, which typed arrays refuse, and where it is a part of much more
  const isOwn = raw.byteOffset % 8 === 0 && raw.buffer.byteLength <= wanted + maxExtraBytes;
  const block = isOwn && layout.compression !== 1 ? raw.subarray(0, wanted) : raw.slice(0, wanted);
  return toSamples(block, layout, rows);
}

async function decompress(
  bytes: Uint8Array<ArrayBuffer>,
  layout: BlockLayout,
  wanted: number,
): Promise<Uint8Array<ArrayBuffer>> {
  switch (layout.compression) {
    case 1:
      return bytes;
    case 5: {
      const output = new Uint8Array(wanted);
      return output.subarray(0, decodeLzw(bytes, output));
    }
    case 8:
    case 32946:
      return inflate(bytes, layout);
    case 32773:
      return unpackBits(bytes, wanted);
    case 50000:
      return unzstd(bytes, layout);
    case 34887:
      return await decodeLerc(bytes, layout);
    default:
      throw new RsembedError(
        "unsupported",
        `Cannot decode "${layout.path}": compression ${layout.compression} is not known; store it with none, LZW, Deflate, PackBits, ZSTD or LERC`,
        { facts: { feature: `TIFF compression ${layout.compression}` } },
      );
  }
}

/** Bytes beyond a full block that are decoded: some writers pad. */
const maxExtraBytes = 2 ** 16;

/** Most bytes that a block may decode to: the last strip may be padded to full size. */
function outputLimit({ width, height, samplesPerPixel, type }: BlockLayout): number {
  return width * height * samplesPerPixel * sampleBytes(type) + maxExtraBytes;
}

function bytesOf(buffer: Uint8Array): Uint8Array<ArrayBuffer> {
  return buffer.buffer instanceof ArrayBuffer
    ? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
    : new Uint8Array(buffer);
}

function inflate(bytes: Uint8Array<ArrayBuffer>, layout: BlockLayout): Uint8Array<ArrayBuffer> {
  const maxOutputLength = outputLimit(layout);
  // one buffer for all of the output: half the time of many small ones
  return bytesOf(zlib.inflateSync(bytes, { maxOutputLength, chunkSize: maxOutputLength }));
}

function unzstd(bytes: Uint8Array<ArrayBuffer>, layout: BlockLayout): Uint8Array<ArrayBuffer> {
  // the decoder of the geotiff package would do, but it never ends on some broken input
  if (typeof zlib.zstdDecompressSync !== "function") {
    throw new RsembedError(
      "unsupported",
      `Cannot decode "${layout.path}": it is stored with ZSTD, which this runtime lacks; use Deno, Bun or Node 22.15, or store it with Deflate`,
      { facts: { feature: "TIFF compression 50000 (ZSTD)" } },
    );
  }
  return bytesOf(zlib.zstdDecompressSync(bytes, { maxOutputLength: outputLimit(layout) }));
}

/** LERC may be wrapped in Deflate or ZSTD: the second parameter says so. */
async function decodeLerc(
  bytes: Uint8Array<ArrayBuffer>,
  layout: BlockLayout,
): Promise<Uint8Array<ArrayBuffer>> {
  const wrap = layout.lercParameters[1] ?? 0;
  // unwrapped here, where the length is bounded
  const blob = wrap === 1 ? inflate(bytes, layout) : wrap === 2 ? unzstd(bytes, layout) : bytes;
  const { getDecoder } = await import("geotiff");
  const decoder = await getDecoder(layout.compression, {
    tileWidth: layout.width,
    tileHeight: layout.height,
    predictor: 1,
    bitsPerSample: 8 * sampleBytes(layout.type),
    planarConfiguration: 1,
    LercParameters: [layout.lercParameters[0] ?? 0, 0],
  } as never);
  return new Uint8Array(await decoder.decodeBlock(blob.slice().buffer) as ArrayBuffer);
}

/** Source: TIFF 6.0, section 9. */
function unpackBits(input: Uint8Array, wanted: number): Uint8Array<ArrayBuffer> {
  const output = new Uint8Array(wanted);
  let written = 0;
  for (let at = 0; at < input.length && written < wanted;) {
    const control = input[at++]!;
    if (control < 128) {
      const run = input.subarray(at, at + Math.min(control + 1, wanted - written));
      output.set(run, written);
      written += run.length;
      at += control + 1;
    } else if (control > 128) {
      if (at >= input.length) break;
      const end = Math.min(written + 257 - control, wanted);
      output.fill(input[at++]!, written, end);
      written = end;
    }
  }
  return output.subarray(0, written);
}

function toSamples(
  block: Uint8Array<ArrayBuffer>,
  layout: BlockLayout,
  rows: number,
): Samples {
  const each = sampleBytes(layout.type);
  const rowLength = layout.width * layout.samplesPerPixel;
  // libtiff joins the bytes of predictor 3 as on a little-endian machine, and swaps them afterwards
  if (layout.predictor === 3) {
    joinFloatBytes(block, { each, rows, rowLength, step: layout.samplesPerPixel });
  }
  const swapped = !layout.littleEndian && layout.compression !== 34887;
  if (swapped && each > 1) swapBytes(block, each);
  if (layout.predictor === 2) {
    addDifferences(block, { each, rows, rowLength, step: layout.samplesPerPixel });
  } else if (layout.predictor !== 1 && layout.predictor !== 3) {
    throw new RsembedError(
      "unsupported",
      `Cannot decode "${layout.path}": predictor ${layout.predictor} is not known`,
      { facts: { feature: `TIFF predictor ${layout.predictor}` } },
    );
  }
  return new arrays[layout.type](block.buffer, block.byteOffset, block.length / each);
}

function swapBytes(block: Uint8Array, each: number): void {
  for (let at = 0; at < block.length; at += each) block.subarray(at, at + each).reverse();
}

interface Rows {
  /** Bytes of a sample. */
  readonly each: number;
  readonly rows: number;
  /** Samples of a row. */
  readonly rowLength: number;
  /** Samples from one pixel to the next. */
  readonly step: number;
}

/** Source: TIFF 6.0, section 14. Sums wrap around, as the differences did. */
function addDifferences(block: Uint8Array<ArrayBuffer>, layout: Rows): void {
  const { each, rows, rowLength, step } = layout;
  if (each === 8) {
    const values = new BigUint64Array(block.buffer, block.byteOffset, block.length / each);
    for (let row = 0; row < rows; row++) {
      const end = (row + 1) * rowLength;
      for (let i = row * rowLength + step; i < end; i++) values[i]! += values[i - step]!;
    }
    return;
  }
  const values = each === 1
    ? block
    : each === 2
    ? new Uint16Array(block.buffer, block.byteOffset, block.length / each)
    : new Uint32Array(block.buffer, block.byteOffset, block.length / each);
  for (let row = 0; row < rows; row++) {
    const end = (row + 1) * rowLength;
    if (step === 1) {
      // the running sum stays at hand
      let sum = 0;
      for (let i = row * rowLength; i < end; i++) values[i] = sum = (sum + values[i]!) | 0;
      continue;
    }
    for (let i = row * rowLength + step; i < end; i++) values[i] = values[i]! + values[i - step]!;
  }
}

/**
 * Undoes the floating-point predictor: each row holds the most significant bytes of all samples, then
 * the next ones, as differences.
 *
 * Source: Adobe, TIFF technical note 3.
 */
function joinFloatBytes(block: Uint8Array<ArrayBuffer>, layout: Rows): void {
  const { each, rows, rowLength, step } = layout;
  const rowBytes = rowLength * each;
  const planes = new Uint8Array(rowBytes);
  for (let row = 0; row < rows; row++) {
    const line = block.subarray(row * rowBytes, (row + 1) * rowBytes);
    for (let i = step; i < rowBytes; i++) line[i] = line[i]! + line[i - step]!;
    planes.set(line);
    for (let i = 0; i < rowLength; i++) {
      for (let byte = 0; byte < each; byte++) {
        line[i * each + byte] = planes[(each - 1 - byte) * rowLength + i]!;
      }
    }
  }
}
