/**
 * Reading Zarr hierarchies of embeddings.
 *
 * @module
 */

import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { bytesPerElement, type Dtype, RsembedError, type RunOptions } from "@rsembed/core";
import { arrayFile, type ArrayReader } from "../array_file.ts";
import { corrupt, unreadable } from "../disk.ts";
import { isObjectPath } from "../object_path.ts";
import type { AnyArray, ArrayFile, ArrayInfo, OpenOptions } from "../writer.ts";
import { folderValues, type ZarrValues } from "./values.ts";

const maxMetadataBytes = 2 ** 28;

/** Values in which numbers of half precision are their bits: not every runtime has arrays of them. */
function bitsOfHalves(values: ZarrValues): ZarrValues {
  return {
    ...values,
    async get(key) {
      const bytes = await values.get(key);
      if (!bytes || !key.endsWith("/zarr.json")) return bytes;
      const metadata = JSON.parse(new TextDecoder().decode(bytes));
      const bits = { ...metadata, data_type: "uint16", fill_value: 0 };
      return new TextEncoder().encode(JSON.stringify(bits));
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

/** The values of a hierarchy. */
async function valuesOf(path: string, options: RunOptions): Promise<ZarrValues> {
  if (!isObjectPath(path)) return folderValues(path);
  return (await import("./s3/mod.ts")).s3Values(path, options);
}

async function rootInFolder(path: string): Promise<string> {
  const rootPath = join(path, "zarr.json");
  try {
    const { size } = await stat(rootPath);
    if (size > maxMetadataBytes) throw corrupt(path, `its metadata has ${size} bytes`);
    return await readFile(rootPath, "utf8");
  } catch (error) {
    if (error instanceof RsembedError) throw error;
    if ((error as { code?: string }).code === "ENOTDIR") throw corrupt(path, "it is a file");
    throw unreadable(path, error);
  }
}

async function rootInBucket(path: string, options: RunOptions): Promise<string> {
  const bytes = await (await valuesOf(path, options)).get("/zarr.json");
  if (bytes) return new TextDecoder().decode(bytes);
  throw new RsembedError("not-found", `Cannot read "${path}": there is no such hierarchy`, {
    facts: { name: path },
  });
}

/**
 * Opens a Zarr folder that rsembed wrote, or a hierarchy in a bucket where the path begins with `s3://`.
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
  const text = isObjectPath(path) ? await rootInBucket(path, options) : await rootInFolder(path);
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
  const values = await valuesOf(path, signal ? { signal } : {});
  const store = dtype === "float16" ? bitsOfHalves(values) : values;
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
  };
}
