/**
 * Reading netCDF-4 and other HDF5 files.
 *
 * @module
 */

import type { Dataset as Hdf5Dataset, File as Hdf5File } from "h5wasm/node";
import { open as openFile } from "node:fs/promises";
import { type Arrays, type Dtype, RsembedError } from "@rsembed/core";
import { arrayFile, type ArrayReader } from "../array_file.ts";
import { corrupt, unreadable } from "../disk.ts";
import type { ArrayFile, OpenOptions } from "../writer.ts";
import { causeOf, openLibrary } from "./library.ts";

const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
/** Deeper than any sensible file. */
const maxArrays = 1_000_000;

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

/** Reads rows into an array. */
function readInto(
  variable: Hdf5Dataset,
  into: Arrays[Dtype],
  { shape, start, end }: { shape: readonly number[]; start: number; end: number },
): void {
  if (shape.length === 0) {
    const { value } = variable;
    (into as unknown as unknown[])[0] = ArrayBuffer.isView(value)
      ? (value as Float32Array)[0]
      : value;
    return;
  }
  const ranges = [[start, end], ...shape.slice(1).map((side) => [0, side])] as [number, number][];
  into.set(variable.slice(ranges) as never);
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
  const { signal } = options;
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

  return arrayFile({
    path,
    keys: [...variables.keys()],
    options,
    open(key) {
      const variable = variables.get(key)!;
      return call((): ArrayReader => {
        const shape = [...variable.shape ?? []];
        return {
          dtype: dtypeOf(variable)!,
          shape,
          axes: axesOf(variable, shape.length),
          fill: (into, start, end) => call(() => readInto(variable, into, { shape, start, end })),
        };
      });
    },
    close: () => void call(() => file.close()),
  });
}
