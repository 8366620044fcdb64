/**
 * What readers of all formats share: arrays are found, bounded, and read in blocks of rows.
 *
 * @module
 */

import {
  allocate,
  type Arrays,
  bytesPerElement,
  type Dtype,
  nearest,
  RsembedError,
  type RunOptions,
  sizeOf,
} from "@rsembed/core";
import type { AnyArray, ArrayFile, ArrayInfo, OpenOptions } from "./writer.ts";

/** One array of a file, opened for reading from front to back. */
export interface ArrayReader extends ArrayInfo {
  /** Names of its axes. @default `d0`, `d1`, ... */
  readonly axes?: readonly string[];
  /** Rows that are read at once without waste; `null` where all of them must be. @default as many as fit a block */
  readonly rowsAtOnce?: number | null;
  /** Fills `into` with the rows from `start` on, before `end`; all of a scalar. Called in order, without gaps. */
  fill(into: Arrays[Dtype], start: number, end: number): void | Promise<void>;
  /** Called when all rows are read: throws if what they were read from is damaged. */
  finish?(): Promise<void>;
  /** Gives back what it holds, read or not. */
  close?(): Promise<void>;
}

/** What a format knows of a file. */
export interface ArrayFileSource {
  readonly path: string;
  /** Names of its arrays. */
  readonly keys: readonly string[];
  /** As it was opened. */
  readonly options: OpenOptions;
  /** Opens an array that is there. */
  open(key: string, options: RunOptions): ArrayReader | Promise<ArrayReader>;
  close(): void | Promise<void>;
}

const defaultMaxBytes = 8 * 2 ** 30;
const defaultBlockBytes = 2 ** 24;
/** Naming the nearest of millions would take longer than reading them. */
const maxNamed = 10_000;

/** A file of arrays by what its format knows. */
export function arrayFile(source: ArrayFileSource): ArrayFile {
  const { path, keys, options: { maxArrayBytes = defaultMaxBytes } } = source;
  const { blockBytes = defaultBlockBytes } = source.options;
  const known = new Set(keys);

  async function open(key: string, options: RunOptions): Promise<ArrayReader> {
    options.signal?.throwIfAborted();
    if (known.has(key)) return await source.open(key, options);
    const near = nearest(key, keys.slice(0, maxNamed));
    throw new RsembedError(
      "not-found",
      `Cannot find array "${key}" in "${path}": ${
        near.length > 0 ? `the nearest are ${near.join(", ")}` : "there is none like it"
      }`,
      { facts: { name: key, nearest: near } },
    );
  }

  /** Room for values, if it is allowed and there is as much memory. */
  function makeRoom(key: string, { dtype, shape }: ArrayInfo): Arrays[Dtype] {
    const bytes = sizeOf(shape) * bytesPerElement[dtype];
    const refuse = (max: number, cause?: unknown) =>
      new RsembedError(
        "limit",
        `Cannot read array "${key}" of "${path}": it has ${bytes} bytes, at most ${max} are read`,
        { facts: { limit: "array bytes", max, actual: bytes }, cause },
      );
    if (!(bytes <= maxArrayBytes)) throw refuse(maxArrayBytes);
    try {
      return allocate(dtype, sizeOf(shape));
    } catch (cause) {
      throw refuse(maxArrayBytes, cause);
    }
  }

  function stepOf({ dtype, shape, rowsAtOnce = Infinity }: ArrayReader): number {
    const [rows = 1, ...rest] = shape;
    if (rowsAtOnce === null) return Math.max(1, rows);
    const rowBytes = Math.max(1, sizeOf(rest) * bytesPerElement[dtype]);
    return Math.max(1, Math.min(rows, rowsAtOnce, Math.floor(blockBytes / rowBytes)));
  }

  return {
    keys,
    async info(key, options = {}) {
      const reader = await open(key, options);
      const { dtype, shape } = reader;
      await reader.close?.();
      return { dtype, shape };
    },
    async read(key, options = {}) {
      const reader = await open(key, options);
      try {
        const { shape } = reader;
        const [rows = 1] = shape;
        const data = makeRoom(key, reader);
        const rowSize = rows === 0 ? 0 : data.length / rows;
        const step = stepOf(reader);
        for (let start = 0; data.length > 0 && start < rows; start += step) {
          options.signal?.throwIfAborted();
          const end = Math.min(rows, start + step);
          await reader.fill(data.subarray(start * rowSize, end * rowSize), start, end);
        }
        await reader.finish?.();
        return arrayOf(reader, shape, data);
      } finally {
        await reader.close?.();
      }
    },
    async *blocks(key, options = {}) {
      const reader = await open(key, options);
      try {
        const { dtype, shape } = reader;
        const [rows = 1, ...rest] = shape;
        const step = stepOf(reader);
        for (let start = 0; start < rows; start += step) {
          options.signal?.throwIfAborted();
          const count = Math.min(rows, start + step) - start;
          const own = shape.length === 0 ? [] : [count, ...rest];
          const data = makeRoom(key, { dtype, shape: own });
          if (data.length > 0) await reader.fill(data, start, start + count);
          yield arrayOf(reader, own, data);
        }
        await reader.finish?.();
      } finally {
        await reader.close?.();
      }
    },
    [Symbol.asyncDispose]: async () => await source.close(),
  };
}

function arrayOf(
  { dtype, axes }: ArrayReader,
  shape: readonly number[],
  data: Arrays[Dtype],
): AnyArray {
  return { dtype, axes: axes ?? shape.map((_, i) => `d${i}`), shape, data } as AnyArray;
}
