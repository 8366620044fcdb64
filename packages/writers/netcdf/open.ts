/**
 * Reading netCDF-4 and other HDF5 files.
 *
 * @module
 */

import type { Dataset as Hdf5Dataset, File as Hdf5File } from "h5wasm/node";
import { open as openFile } from "node:fs/promises";
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
import { unreadable } from "../disk.ts";
import type { AnyArray, ArrayFile, ArrayInfo, OpenOptions } from "../writer.ts";
import { causeOf, openLibrary } from "./library.ts";

const defaultMaxBytes = 8 * 2 ** 30;
/** Bytes that the library reads at once: its memory is its own, and small. */
const blockBytes = 16 * 2 ** 20;
const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
/** Deeper than any sensible file. */
const maxArrays = 1_000_000;

function corrupt(path: string, why: string, cause?: unknown): RsembedError<"corrupt"> {
  return new RsembedError("corrupt", `Cannot read "${path}": ${why}`, {
    facts: { source: path },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Says what a file is that is no HDF5. */
async function checkSignature(path: string): Promise<void> {
  let head: Uint8Array;
  try {
    const file = await openFile(path, "r");
    try {
      const { buffer, bytesRead } = await file.read(new Uint8Array(8), 0, 8, 0);
      head = buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw unreadable(path, cause);
  }
  if (signature.every((byte, i) => head[i] === byte)) return;
  if (head[0] === 0x43 && head[1] === 0x44 && head[2] === 0x46) {
    throw new RsembedError(
      "unsupported",
      `Cannot read "${path}": it is netCDF classic, convert it with nccopy -k netCDF-4`,
      { facts: { feature: "netCDF classic" } },
    );
  }
  throw corrupt(path, "it is no HDF5 file");
}

const floats: Readonly<Record<number, Dtype>> = { 4: "float32", 8: "float64" };

/** The element type of a variable; `null` for texts and other things that are no numbers. */
function dtypeOf({ metadata }: Hdf5Dataset): Dtype | null {
  const { type, size, signed, vlen, littleEndian } = metadata;
  if (vlen || !littleEndian && size > 1) return null;
  if (type === 1) return floats[size] ?? null;
  if (type !== 0) return null;
  const bits = 8 * size;
  return [8, 16, 32, 64].includes(bits) ? `${signed ? "" : "u"}int${bits}` as Dtype : null;
}

/** Whether a variable is nothing but the length of a dimension. */
function isBareDimension(variable: Hdf5Dataset): boolean {
  return variable.attrs["NAME"] !== undefined &&
    String(variable.attrs["NAME"].value).startsWith("This is a netCDF dimension but not");
}

/** Names of the axes, from the scales that are attached to them. */
function axesOf(variable: Hdf5Dataset, rank: number): string[] {
  return Array.from({ length: rank }, (_, i) => {
    try {
      const [scale] = variable.get_attached_scales(i);
      return scale ? scale.replace(/^.*\//, "") : `d${i}`;
    } catch {
      return `d${i}`;
    }
  });
}

/** Reads rows into an array, as many at once as fit. */
function readInto(
  variable: Hdf5Dataset,
  into: Arrays[Dtype],
  { shape, dtype, signal }: ArrayInfo & RunOptions,
): void {
  if (into.length === 0) return;
  if (shape.length === 0) {
    const { value } = variable;
    (into as unknown as unknown[])[0] = ArrayBuffer.isView(value)
      ? (value as Float32Array)[0]
      : value;
    return;
  }
  const [rows = 1, ...rest] = shape;
  const rowSize = sizeOf(rest);
  const count = Math.max(1, Math.floor(blockBytes / (rowSize * bytesPerElement[dtype])));
  for (let row = 0; row < rows; row += count) {
    signal?.throwIfAborted();
    const end = Math.min(rows, row + count);
    const ranges = [[row, end], ...rest.map((side) => [0, side])] as [number, number][];
    into.set(variable.slice(ranges) as never, row * rowSize);
  }
}

/**
 * Opens a netCDF-4 or other HDF5 file: the numeric variables of its root. Axes have the names of their dimensions.
 *
 * @throws {RsembedError} `not-found` if there is none, `corrupt` if it is damaged, `unsupported` for netCDF classic
 *
 * @example
 * ```ts
 * import { openNetcdf } from "@rsembed/writers/netcdf";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(openNetcdf("nowhere.nc"), /no such file/);
 * ```
 */
export async function openNetcdf(path: string, options: OpenOptions = {}): Promise<ArrayFile> {
  const { maxArrayBytes = defaultMaxBytes, signal } = options;
  signal?.throwIfAborted();
  await checkSignature(path);
  const library = await openLibrary();
  /** Calls the library; what it cannot do is the fault of the file. */
  const call = <T>(fn: () => T): T => {
    try {
      return fn();
    } catch (cause) {
      if (cause instanceof RsembedError || signal?.aborted) throw cause;
      throw corrupt(path, causeOf(cause), cause);
    }
  };
  const file: Hdf5File = call(() => library.open(path, "r"));
  const variables = new Map<string, Hdf5Dataset>();
  try {
    call(() => {
      const names = file.keys();
      if (names.length > maxArrays) throw corrupt(path, `it has ${names.length} variables`);
      for (const name of names) {
        const entity = file.get(name);
        if (entity === null || !("metadata" in entity) || !("slice" in entity)) continue;
        if (dtypeOf(entity) !== null && !isBareDimension(entity)) variables.set(name, entity);
      }
    });
  } catch (error) {
    call(() => file.close());
    throw error;
  }

  const find = (key: string): Hdf5Dataset => {
    const variable = variables.get(key);
    if (variable) return variable;
    const near = nearest(key, [...variables.keys()].slice(0, 10_000));
    throw new RsembedError(
      "not-found",
      `Cannot find array "${key}" in "${path}": ${
        near.length > 0 ? `the nearest are ${near.join(", ")}` : "there is none like it"
      }`,
      { facts: { name: key, nearest: near } },
    );
  };
  const infoOf = (key: string): ArrayInfo => {
    const variable = find(key);
    return call(() => ({ dtype: dtypeOf(variable)!, shape: [...variable.shape ?? []] }));
  };

  return {
    keys: [...variables.keys()],
    info: (key, { signal } = {}) => {
      signal?.throwIfAborted();
      return Promise.resolve().then(() => infoOf(key));
    },
    // deno-lint-ignore require-await
    async read(key, { signal } = {}) {
      signal?.throwIfAborted();
      const { dtype, shape } = infoOf(key);
      const bytes = sizeOf(shape) * bytesPerElement[dtype];
      if (!(bytes <= maxArrayBytes)) {
        throw new RsembedError(
          "limit",
          `Cannot read array "${key}" of "${path}": it has ${bytes} bytes, at most ${maxArrayBytes} are read`,
          { facts: { limit: "array bytes", max: maxArrayBytes, actual: bytes } },
        );
      }
      const variable = find(key);
      const data = allocate(dtype, sizeOf(shape));
      call(() => readInto(variable, data, { dtype, shape, ...(signal ? { signal } : {}) }));
      return { dtype, axes: call(() => axesOf(variable, shape.length)), shape, data } as AnyArray;
    },
    [Symbol.asyncDispose]: () => {
      call(() => file.close());
      return Promise.resolve();
    },
  };
}
