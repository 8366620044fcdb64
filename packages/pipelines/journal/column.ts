/**
 * The values of one model and kind, as bare bytes in a file of their own.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { type FileHandle, open } from "node:fs/promises";
import { bytesOf, bytesPerElement, type Dtype, sizeOf } from "@rsembed/core";
import { type AnyArray, type ColumnKind, crc32, onDisk } from "@rsembed/writers";

/** What a column is, as the journal has it. */
export interface ColumnInfo {
  readonly kind: ColumnKind;
  readonly model: string;
  readonly dtype: Dtype;
  readonly axes: readonly string[];
}

/** Where one value lies. */
export interface Extent {
  /** First byte in the file. */
  readonly offset: number;
  readonly shape: readonly number[];
  /** CRC-32 of its bytes. */
  readonly crc: number;
}

/** Values of a column on disk. */
export interface ColumnFile {
  readonly info: ColumnInfo;
  /** Writes values one after another, from a position, as one block. */
  write(arrays: readonly AnyArray[], position: number): Promise<Extent[]>;
  /** Fills `into` from a position. */
  read(into: Uint8Array, position: number): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Bytes that an extent takes. */
export function extentBytes({ dtype }: ColumnInfo, shape: readonly number[]): number {
  return sizeOf(shape) * bytesPerElement[dtype];
}

/** Opens the file of a column, new or not. */
export async function openColumn(path: string, info: ColumnInfo): Promise<ColumnFile> {
  // "r+" wants a file that is there, and "w+" would empty it
  const make = async (): Promise<FileHandle> => {
    try {
      return await open(path, "r+");
    } catch (error) {
      if ((error as { code?: string }).code !== "ENOENT") throw error;
      return await open(path, "w+");
    }
  };
  const file = await onDisk(path, make);
  return {
    info,
    write: (arrays, position) =>
      onDisk(path, async () => {
        const extents: Extent[] = [];
        const blocks = arrays.map((array) => bytesOf(array));
        let offset = position;
        for (const [i, bytes] of blocks.entries()) {
          extents.push({ offset, shape: arrays[i]!.shape, crc: crc32(bytes) });
          offset += bytes.length;
        }
        const all = blocks.length === 1 ? blocks[0]! : Buffer.concat(blocks);
        for (let done = 0; done < all.length;) {
          done += (await file.write(all, done, all.length - done, position + done)).bytesWritten;
        }
        return extents;
      }),
    read: (into, position) =>
      onDisk(path, async () => {
        for (let done = 0; done < into.length;) {
          const { bytesRead } = await file.read(into, done, into.length - done, position + done);
          if (bytesRead === 0) throw new RangeError(`Cannot read past the end of "${path}"`);
          done += bytesRead;
        }
      }),
    sync: () => onDisk(path, () => file.sync()),
    close: () => file.close(),
  };
}
