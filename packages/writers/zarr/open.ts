/**
 * Reading Zarr hierarchies of embeddings.
 *
 * @module
 */

import { open as openFile, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { bytesPerElement, type Dtype, RsembedError, type RunOptions } from "@rsembed/core";
import { arrayFile, type ArrayReader } from "../array_file.ts";
import { unreadable } from "../disk.ts";
import type { AnyArray, ArrayFile, ArrayInfo, OpenOptions } from "../writer.ts";

const maxMetadataBytes = 2 ** 28;

function corrupt(path: string, why: string, cause?: unknown): RsembedError<"corrupt"> {
  return new RsembedError("corrupt", `Cannot read "${path}": ${why}`, {
    facts: { source: path },
    ...(cause === undefined ? {} : { cause }),
  });
}

type Key = `/${string}`;

/** Metadata of numbers of half precision as that of their bits: not every runtime has arrays of them. */
function bitsOfHalves(bytes: Uint8Array): Uint8Array {
  const metadata = JSON.parse(new TextDecoder().decode(bytes));
  const bits = { ...metadata, data_type: "uint16", fill_value: 0 };
  return new TextEncoder().encode(JSON.stringify(bits));
}

/** The folder as the reader of Zarr wants it; what is not there is `undefined`. */
function folderOf(path: string, metadata: (bytes: Uint8Array) => Uint8Array) {
  const absent = (error: unknown): undefined => {
    const { code } = error as { code?: string };
    if (code !== "ENOENT" && code !== "EISDIR" && code !== "ENOTDIR") throw error;
  };
  const target = (key: Key) => join(path, ...key.slice(1).split("/"));
  return {
    async get(key: Key): Promise<Uint8Array | undefined> {
      try {
        const bytes = new Uint8Array(await readFile(target(key)));
        return key.endsWith("/zarr.json") ? metadata(bytes) : bytes;
      } catch (error) {
        return absent(error);
      }
    },
    async getRange(
      key: Key,
      range: { offset: number; length: number } | { suffixLength: number },
    ): Promise<Uint8Array | undefined> {
      try {
        const file = await openFile(target(key), "r");
        try {
          const { size } = await file.stat();
          const [offset, length] = "offset" in range
            ? [range.offset, range.length]
            : [Math.max(0, size - range.suffixLength), Math.min(size, range.suffixLength)];
          if (offset < 0 || length < 0 || offset + length > size) {
            throw new RangeError(`bytes ${offset} to ${offset + length} of ${size}`);
          }
          const bytes = new Uint8Array(length);
          for (let done = 0; done < length;) {
            const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
            if (bytesRead === 0) throw new RangeError(`the file ends at ${offset + done}`);
            done += bytesRead;
          }
          return bytes;
        } finally {
          await file.close();
        }
      } catch (error) {
        return absent(error);
      }
    },
  };
}

/** An array of a hierarchy. */
interface Stored {
  readonly path: string;
  readonly metadata: ArrayInfo;
}

/** Arrays of a hierarchy: their paths by the names that exports use. */
function arraysOf(root: unknown): Map<string, Stored> {
  const record = (value: unknown): Record<string, unknown> =>
    typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
  const { attributes, consolidated_metadata } = record(root);
  const { arrays } = record(record(attributes)["rsembed"]);
  const { metadata } = record(consolidated_metadata);
  const found = new Map<string, Stored>();
  for (const [key, path] of Object.entries(record(arrays))) {
    const { shape, data_type } = record(record(metadata)[String(path)]);
    const isShape = Array.isArray(shape) &&
      shape.every((side) => Number.isSafeInteger(side) && side >= 0);
    if (!isShape || typeof data_type !== "string" || !(data_type in bytesPerElement)) {
      throw new TypeError(`array ${key} is not described`);
    }
    if (/(^|\/)\.\.?(\/|$)|^\/|\\/.test(String(path))) throw new TypeError(`${path} is no path`);
    found.set(key, { path: String(path), metadata: { dtype: data_type as Dtype, shape } });
  }
  return found;
}

/**
 * Opens a Zarr folder that rsembed wrote.
 *
 * @throws {RsembedError} `not-found` if there is none, `corrupt` if it is damaged, `unsupported` for hierarchies of others
 *
 * @example
 * ```ts
 * import { openZarr } from "@rsembed/writers/zarr";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(openZarr("nowhere.zarr"), /no such/);
 * ```
 */
export async function openZarr(path: string, options: OpenOptions = {}): Promise<ArrayFile> {
  const { signal } = options;
  signal?.throwIfAborted();
  const rootPath = join(path, "zarr.json");
  let text: string;
  try {
    const { size } = await stat(rootPath);
    if (size > maxMetadataBytes) throw corrupt(path, `its metadata has ${size} bytes`);
    text = await readFile(rootPath, "utf8");
  } catch (error) {
    if (error instanceof RsembedError) throw error;
    if ((error as { code?: string }).code === "ENOTDIR") throw corrupt(path, "it is a file");
    throw unreadable(path, error);
  }
  let arrays: Map<string, Stored>;
  try {
    arrays = arraysOf(JSON.parse(text));
  } catch (cause) {
    throw corrupt(path, cause instanceof Error ? cause.message : "its metadata is damaged", cause);
  }
  if (arrays.size === 0 && !text.includes('"rsembed"')) {
    throw new RsembedError(
      "unsupported",
      `Cannot read "${path}": its arrays are not rsembed's, open it with a reader of Zarr`,
      { facts: { feature: "hierarchies of others" } },
    );
  }
  return arrayFile({
    path,
    keys: [...arrays.keys()],
    options,
    open: (key, options) => openArray(path, { ...arrays.get(key)!, ...options }),
    close: () => {},
  });
}

/** Opens an array; what goes wrong is the fault of the hierarchy. */
async function openArray(
  path: string,
  { path: inner, metadata: { dtype, shape }, signal }: Stored & RunOptions,
): Promise<ArrayReader> {
  const typed = async <T>(fn: () => Promise<T>): Promise<T> => {
    try {
      return await fn();
    } catch (cause) {
      if (cause instanceof RsembedError || signal?.aborted) throw cause;
      throw corrupt(
        path,
        cause instanceof Error ? cause.message.slice(0, 200) : "it is damaged",
        cause,
      );
    }
  };
  const zarr = await import("zarrita");
  const stored = dtype === "float16" ? "uint16" : dtype;
  const store = folderOf(path, dtype === "float16" ? bitsOfHalves : (bytes) => bytes);
  const array = await typed(async () => {
    const array = await zarr.open.v3(zarr.root(store).resolve(inner), { kind: "array" });
    if (`${array.shape}` === `${shape}` && array.dtype === stored) return array;
    throw new TypeError(
      `array ${inner} is (${array.shape}) of ${array.dtype}, not (${shape}) of ${dtype}`,
    );
  });
  const names = array.dimensionNames ?? shape.map(() => null);
  const rest = shape.slice(1).map(() => null);
  return {
    dtype,
    shape,
    axes: names.map((name, i) => name ?? `d${i}`),
    fill: (into, start, end) =>
      typed(async () => {
        if (shape.length === 0) {
          (into as unknown as unknown[])[0] = await zarr.get(array);
          return;
        }
        const part = await zarr.get(array, [zarr.slice(start, end), ...rest]) as unknown as {
          readonly data: AnyArray["data"];
        };
        if (part.data.length !== into.length) throw new RangeError("rows are missing");
        into.set(part.data as never);
      }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
