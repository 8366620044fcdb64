/**
 * Reading GeoParquet files of embeddings.
 *
 * @module
 */

import { open as openFile } from "node:fs/promises";
import {
  allocate,
  bytesPerElement,
  type Dtype,
  nearest,
  RsembedError,
  sizeOf,
} from "@rsembed/core";
import { stackedKey } from "../columns.ts";
import { unreadable } from "../disk.ts";
import type { AnyArray, ArrayFile, ArrayInfo, OpenOptions } from "../writer.ts";

const defaultMaxBytes = 8 * 2 ** 30;
/** No footer of a sensible file comes near. */
const maxFooterBytes = 2 ** 28;
/** Rows read at once. */
const rowsAtOnce = 4096;

function corrupt(path: string, why: string, cause?: unknown): RsembedError<"corrupt"> {
  return new RsembedError("corrupt", `Cannot read "${path}": ${why}`, {
    facts: { source: path },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** An array of a file: a column, and the rows of a model in it. */
interface Stored extends ArrayInfo {
  readonly column: string;
  readonly start: number;
}

interface RsembedFacts {
  readonly dtype: Dtype;
  readonly dim: number;
  readonly rows: readonly {
    readonly name: string;
    readonly start: number;
    readonly rows: number;
  }[];
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** The arrays that the facts of the writer tell. */
function arraysOf(
  facts: RsembedFacts,
  columns: ReadonlySet<string>,
  rowCount: number,
): Map<string, Stored> {
  const arrays = new Map<string, Stored>();
  const column = columns.has("embeddings") ? "embeddings" : "embedding";
  for (const { name, start, rows } of facts.rows) {
    if (!isCount(start) || !isCount(rows) || start + rows > rowCount || !isCount(facts.dim)) {
      throw new RangeError(`rows ${start} to ${start + rows} of ${rowCount}`);
    }
    const shape = [rows, facts.dim];
    arrays.set(stackedKey("embedding", name), { column, start, dtype: facts.dtype, shape });
    if (!columns.has("scale")) continue;
    const scale = { column: "scale", start, dtype: "float32", shape: [rows] } as const;
    arrays.set(stackedKey("scale", name), scale);
  }
  return arrays;
}

/**
 * Opens a GeoParquet file that rsembed wrote: the vectors of each model are an array.
 *
 * @throws {RsembedError} `not-found` if there is none, `corrupt` if it is damaged, `unsupported` for tables of others
 *
 * @example
 * ```ts
 * import { openGeoParquet } from "@rsembed/writers/geoparquet";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(openGeoParquet("nowhere.parquet"), /no such file/);
 * ```
 */
export async function openGeoParquet(path: string, options: OpenOptions = {}): Promise<ArrayFile> {
  const { maxArrayBytes = defaultMaxBytes, signal } = options;
  signal?.throwIfAborted();
  const { parquetMetadata, parquetReadObjects } = await import("hyparquet");
  const { compressors } = await import("hyparquet-compressors");
  const handle = await openFile(path, "r").catch((error) => {
    throw unreadable(path, error);
  });
  const read = async (start: number, end: number): Promise<ArrayBuffer> => {
    const bytes = new Uint8Array(end - start);
    for (let done = 0; done < bytes.length;) {
      const { bytesRead } = await handle.read(bytes, done, bytes.length - done, start + done);
      if (bytesRead === 0) throw corrupt(path, "it ends too early");
      done += bytesRead;
    }
    return bytes.buffer;
  };
  /** What goes wrong in reading is the fault of the file. */
  const typed = async <T>(fn: () => Promise<T>): Promise<T> => {
    try {
      return await fn();
    } catch (cause) {
      if (cause instanceof RsembedError || signal?.aborted) throw cause;
      if ((cause as { code?: string }).code !== undefined) throw unreadable(path, cause);
      throw corrupt(
        path,
        cause instanceof Error ? cause.message.slice(0, 200) : "it is damaged",
        cause,
      );
    }
  };
  try {
    const { size } = await handle.stat();
    const { metadata, arrays } = await typed(async () => {
      if (size < 12) throw corrupt(path, "it is no Parquet file");
      const tail = new DataView(await read(size - 8, size));
      if (tail.getUint32(4, false) !== 0x50415231) throw corrupt(path, "it is no Parquet file");
      const footerBytes = tail.getUint32(0, true);
      if (footerBytes > Math.min(size - 12, maxFooterBytes)) {
        throw corrupt(path, `its footer claims ${footerBytes} bytes`);
      }
      const metadata = parquetMetadata(await read(size - 8 - footerBytes, size));
      const text = metadata.key_value_metadata?.find(({ key }) => key === "rsembed")?.value;
      if (text === undefined) {
        throw new RsembedError(
          "unsupported",
          `Cannot read "${path}": its rows are not rsembed's, open it with a reader of Parquet`,
          { facts: { feature: "tables of others" } },
        );
      }
      const columns = new Set(metadata.schema.map(({ name }) => name));
      const rowCount = Number(metadata.num_rows);
      return { metadata, arrays: arraysOf(JSON.parse(text) as RsembedFacts, columns, rowCount) };
    });
    const find = (key: string): Stored => {
      const stored = arrays.get(key);
      if (stored) return stored;
      const near = nearest(key, arrays.keys());
      throw new RsembedError(
        "not-found",
        `Cannot find array "${key}" in "${path}": ${
          near.length > 0 ? `the nearest are ${near.join(", ")}` : "there is none like it"
        }`,
        { facts: { name: key, nearest: near } },
      );
    };
    return {
      keys: [...arrays.keys()],
      info: (key, { signal } = {}) =>
        Promise.resolve().then(() => {
          signal?.throwIfAborted();
          const { dtype, shape } = find(key);
          return { dtype, shape };
        }),
      async read(key, { signal } = {}) {
        signal?.throwIfAborted();
        const { column, start, dtype, shape } = find(key);
        const bytes = sizeOf(shape) * bytesPerElement[dtype];
        if (!(bytes <= maxArrayBytes)) {
          throw new RsembedError(
            "limit",
            `Cannot read array "${key}" of "${path}": it has ${bytes} bytes, at most ${maxArrayBytes} are read`,
            { facts: { limit: "array bytes", max: maxArrayBytes, actual: bytes } },
          );
        }
        const data = allocate(dtype, sizeOf(shape));
        const [rows = 0, dim = 1] = shape;
        for (let row = 0; row < rows; row += rowsAtOnce) {
          signal?.throwIfAborted();
          const end = Math.min(rows, row + rowsAtOnce);
          const found = await typed(() =>
            parquetReadObjects({
              file: { byteLength: size, slice: (from, to = size) => read(from, to) },
              metadata,
              columns: [column],
              rowStart: start + row,
              rowEnd: start + end,
              compressors,
            })
          );
          if (found.length !== end - row) throw corrupt(path, `it lacks rows of "${key}"`);
          found.forEach((object, i) => put(data, (row + i) * dim, { value: object[column], dim }));
        }
        return { dtype, axes: shape.map((_, i) => `d${i}`), shape, data } as AnyArray;
      },
      [Symbol.asyncDispose]: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }

  /** Puts the values of a row in their place. */
  function put(
    data: AnyArray["data"],
    at: number,
    { value, dim }: { readonly value: unknown; readonly dim: number },
  ): void {
    const values = Array.isArray(value) || ArrayBuffer.isView(value)
      ? value as unknown as ArrayLike<number>
      : [value as number];
    if (values.length !== dim) {
      throw corrupt(path, `a vector has ${values.length} values, not ${dim}`);
    }
    for (let i = 0; i < dim; i++) data[at + i] = values[i]!;
  }
}
