/**
 * Reading back what is written here: one directory, tiles of single bands, deflated.
 *
 * @module
 */

import { open } from "node:fs/promises";
import { inflateSync } from "node:zlib";
import { bytesPerElement, type Dtype, RsembedError } from "@rsembed/core";
import { corrupt, unreadable } from "../disk.ts";
import type { ArrayInfo } from "../writer.ts";
import { decodeBytes, decodeFloats, predictors } from "./predictor.ts";
import { tags } from "./tags.ts";

/** More tags than any file of ours has. */
const maxTags = 64;
/** No tag of ours comes near, bytes. */
const maxTagBytes = 2 ** 26;

/** An image opened for reading. */
export interface TiffFile extends AsyncDisposable {
  /** Type and shape, (C, H, W). */
  readonly info: ArrayInfo;
  /** GDAL's metadata, as it stands in the file. */
  readonly metadata: string;
  /** All values, in C order, little-endian. */
  read(signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
}

interface Entry {
  readonly code: number;
  readonly bytes: DataView;
}

const sizes: Readonly<Record<number, number>> = { 2: 1, 3: 2, 4: 4, 12: 8, 16: 8 };

function unsupported(path: string, why: string): RsembedError<"unsupported"> {
  return new RsembedError(
    "unsupported",
    `Cannot read "${path}": ${why}, open it with the local provider or GDAL`,
    { facts: { feature: "GeoTIFF of others" } },
  );
}

/** The numbers of an entry. */
function numbersOf(entry: Entry | undefined): number[] {
  if (!entry) return [];
  const { code, bytes } = entry;
  const size = sizes[code]!;
  return Array.from({ length: bytes.byteLength / size }, (_, i) => {
    const at = i * size;
    if (code === 12) return bytes.getFloat64(at, true);
    if (size === 8) return Number(bytes.getBigUint64(at, true));
    return size === 4 ? bytes.getUint32(at, true) : bytes.getUint16(at, true);
  });
}

const types: Readonly<Record<string, Dtype>> = {
  "1 8": "uint8",
  "1 16": "uint16",
  "1 32": "uint32",
  "2 8": "int8",
  "2 16": "int16",
  "2 32": "int32",
  "3 16": "float16",
  "3 32": "float32",
  "3 64": "float64",
};

/**
 * Opens a GeoTIFF that was written here.
 *
 * @throws {RsembedError} `not-found`, `corrupt`, or `unsupported` for TIFFs of others
 */
export async function openTiff(path: string): Promise<TiffFile> {
  const handle = await open(path, "r").catch((error) => {
    throw unreadable(path, error);
  });
  try {
    const { size: fileBytes } = await handle.stat().catch((error) => {
      throw unreadable(path, error);
    });
    const readAt = async (start: number, length: number): Promise<Uint8Array<ArrayBuffer>> => {
      if (!(start >= 0 && length >= 0 && start + length <= fileBytes)) {
        throw corrupt(path, `it claims bytes ${start} to ${start + length} of ${fileBytes}`);
      }
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length;) {
        let found;
        try {
          found = await handle.read(bytes, done, length - done, start + done);
        } catch (error) {
          throw unreadable(path, error);
        }
        if (found.bytesRead === 0) throw corrupt(path, "it ends too early");
        done += found.bytesRead;
      }
      return bytes;
    };
    const viewAt = async (start: number, length: number) =>
      new DataView((await readAt(start, length)).buffer);

    const head = await viewAt(0, 8);
    const version = head.getUint16(2, true);
    if (head.getUint16(0, true) !== 0x4949 || version !== 42 && version !== 43) {
      throw corrupt(path, "it is no little-endian TIFF");
    }
    const big = version === 43;
    const [countSize, entrySize, inlineSize] = big ? [8, 20, 8] : [2, 12, 4];
    const wide = (view: DataView, at: number) =>
      big ? Number(view.getBigUint64(at, true)) : view.getUint32(at, true);
    const start = big
      ? Number((await viewAt(8, 8)).getBigUint64(0, true))
      : head.getUint32(4, true);
    const countView = await viewAt(start, countSize);
    const count = big ? Number(countView.getBigUint64(0, true)) : countView.getUint16(0, true);
    if (count > maxTags) throw unsupported(path, `it has ${count} tags`);
    const table = await viewAt(start + countSize, entrySize * count);
    const entries = new Map<number, Entry>();
    for (let i = 0; i < count; i++) {
      const at = i * entrySize;
      const code = table.getUint16(at + 2, true);
      const length = wide(table, at + 4) * (sizes[code] ?? 0);
      if (length > maxTagBytes) throw corrupt(path, `a tag claims ${length} bytes`);
      const field = at + 4 + inlineSize;
      const bytes = length <= inlineSize
        ? new DataView(table.buffer, field, length)
        : await viewAt(wide(table, field), length);
      if (code in sizes) entries.set(table.getUint16(at, true), { code, bytes });
    }

    const one = (tag: number) => numbersOf(entries.get(tag))[0] ?? 0;
    const [width, height, bands] = [one(tags.width), one(tags.height), one(tags.samplesPerPixel)];
    const [side, tileHeight] = [one(tags.tileWidth), one(tags.tileHeight)];
    const dtype = types[`${one(tags.sampleFormat)} ${one(tags.bitsPerSample)}`];
    const predictor = one(tags.predictor) || 1;
    const own = dtype !== undefined && one(tags.compression) === 8 && one(tags.planar) === 2 &&
      side === tileHeight && side > 0 && side <= 4096 && side % 16 === 0;
    if (!own) throw unsupported(path, "it was not written by rsembed");
    const columns = Math.ceil(width / side);
    const rows = Math.ceil(height / side);
    const offsets = numbersOf(entries.get(tags.tileOffsets));
    const lengths = numbersOf(entries.get(tags.tileByteCounts));
    if (offsets.length !== bands * rows * columns || lengths.length !== offsets.length) {
      throw corrupt(path, `it has ${offsets.length} tiles, not ${bands * rows * columns}`);
    }
    const text = entries.get(tags.gdalMetadata)?.bytes;
    const metadata = text
      ? new TextDecoder().decode(new Uint8Array(text.buffer, text.byteOffset, text.byteLength))
      : "";
    const size = bytesPerElement[dtype];
    const tileBytes = side * side * size;
    const shape = { side, width: size };

    const readTile = async (i: number): Promise<Uint8Array> => {
      const stored = await readAt(offsets[i]!, lengths[i]!);
      let bytes: Uint8Array;
      try {
        bytes = inflateSync(stored, { maxOutputLength: tileBytes + 1 });
      } catch {
        throw corrupt(path, `tile ${i} is damaged`);
      }
      if (bytes.length !== tileBytes) throw corrupt(path, `tile ${i} has ${bytes.length} bytes`);
      if (predictor === predictors.float) return decodeFloats(bytes, shape);
      return predictor === predictors.horizontal ? decodeBytes(bytes, shape) : bytes;
    };

    return {
      info: { dtype, shape: [bands, height, width] },
      metadata,
      async read(signal) {
        const out = new Uint8Array(bands * height * width * size);
        for (const i of offsets.keys()) {
          signal?.throwIfAborted();
          const tile = await readTile(i);
          const band = Math.floor(i / (rows * columns));
          const row = Math.floor(i / columns) % rows * side;
          const column = i % columns * side;
          const across = Math.min(side, width - column) * size;
          for (let y = 0; y < Math.min(side, height - row); y++) {
            const from = y * side * size;
            out.set(
              tile.subarray(from, from + across),
              ((band * height + row + y) * width + column) * size,
            );
          }
        }
        return out;
      },
      [Symbol.asyncDispose]: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}
