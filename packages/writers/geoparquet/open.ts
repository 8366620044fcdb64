/**
 * Reading GeoParquet files of embeddings.
 *
 * @module
 */

import { open as openFile } from "node:fs/promises";
import { type Dtype, RsembedError } from "@rsembed/core";
import { arrayFile } from "../array_file.ts";
import { stackedKey } from "../columns.ts";
import { corrupt, unreadable } from "../disk.ts";
import type { AnyArray, ArrayFile, ArrayInfo, OpenOptions } from "../writer.ts";

/** No footer of a sensible file comes near. */
const maxFooterBytes = 2 ** 28;

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
  const { signal } = options;
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
    // groups of rows are unpacked as a whole
    const rowsAtOnce = Number(metadata.row_groups[0]?.num_rows ?? 1);
    const rowsOf = async ({ column, start }: Stored, first: number, end: number) => {
      const found = await typed(() =>
        parquetReadObjects({
          file: { byteLength: size, slice: (from, to = size) => read(from, to) },
          metadata,
          columns: [column],
          rowStart: start + first,
          rowEnd: start + end,
          compressors,
        })
      );
      if (found.length !== end - first) throw corrupt(path, `it lacks rows of "${column}"`);
      return found.map((object) => object[column]);
    };
    return arrayFile({
      path,
      keys: [...arrays.keys()],
      options,
      open(key) {
        const stored = arrays.get(key)!;
        const { dtype, shape: [rows = 0, ...rest] } = stored;
        const [dim = 1] = rest;
        return {
          dtype,
          shape: [rows, ...rest],
          rowsAtOnce: Math.max(1, rowsAtOnce),
          async fill(into, start, end) {
            const values = await rowsOf(stored, start, end);
            values.forEach((value, i) => put(into, i * dim, { value, dim }));
          },
        };
      },
      close: () => handle.close(),
    });
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
