/**
 * Writing HDF5 files of variables with named dimensions, as netCDF-4 wants them.
 *
 * @module
 */

import type { Dataset as Hdf5Dataset, File as Hdf5File } from "h5wasm/node";
import { stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { bytesPerElement, type Dtype, RsembedError, type RunOptions, sizeOf } from "@rsembed/core";
import { commitTemporary, temporaryName } from "../atomic.ts";
import { disk as systemDisk, onDisk } from "../disk.ts";
import type { ArraySource } from "../write_arrays.ts";
import type { WriteOptions } from "../writer.ts";
import { atFixedTime, openLibrary, writeError } from "./library.ts";

/** Values of an attribute. */
export type AttributeValue = string | number | readonly number[];

/** Attributes by name. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** A variable whose values come in pieces. */
export interface Variable extends ArraySource {
  /** Names of its dimensions, one an axis. */
  readonly dims: readonly string[];
  readonly attributes?: Attributes;
}

/** A variable of texts. */
export interface TextVariable {
  readonly values: readonly string[];
  readonly dims: readonly string[];
  readonly attributes?: Attributes;
}

/** A file in the making. Disposing without `commit` leaves nothing behind. */
export interface NetcdfSink extends AsyncDisposable {
  /** Makes a dimension. That of a coordinate of the same name holds its values, others none. */
  dimension(name: string, length: number): void;
  /** Adds a variable; its dimensions must be there. */
  add(name: string, variable: Variable, options?: RunOptions): Promise<void>;
  /** Adds a variable of texts. */
  addText(name: string, variable: TextVariable): void;
  /** Sets attributes of the file. */
  attributes(attributes: Attributes): void;
  commit(options?: RunOptions): Promise<{ readonly sizeBytes: number }>;
}

/** How the library names element types; it has none of half precision, as netCDF has none. */
const types: { readonly [D in Dtype]?: string } = {
  float32: "<f",
  float64: "<d",
  int8: "<b",
  int16: "<h",
  int32: "<i",
  int64: "<q",
  uint8: "<B",
  uint16: "<H",
  uint32: "<I",
  uint64: "<Q",
  bool: "<B",
};

/** About the size of a chunk of a file, which is handed to the library as a whole, bytes. */
const chunkBytes = 2 ** 20;
/** Variables up to this size are stored in one piece as they are, bytes. */
const smallBytes = 2 ** 14;
const deflateLevel = 1;

const views = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const;

type Values = InstanceType<(typeof views)[Dtype]>;

/** Bytes as the numbers they are. */
function valuesOf(dtype: Dtype, bytes: Uint8Array<ArrayBuffer>): Values {
  return new views[dtype](bytes.buffer, bytes.byteOffset, bytes.length / bytesPerElement[dtype]);
}

/** Rows in a chunk. */
function rowsOf(rowBytes: number, rows: number): number {
  return Math.max(1, Math.min(rows, Math.floor(chunkBytes / Math.max(1, rowBytes))));
}

/** All bytes of a small variable. */
async function allOf(
  name: string,
  { dtype, shape, chunks }: Variable,
): Promise<Uint8Array<ArrayBuffer>> {
  const wanted = sizeOf(shape) * bytesPerElement[dtype];
  let all = new Uint8Array(0);
  for await (const block of inBlocks(chunks, wanted + 1)) all = block;
  if (all.length !== wanted) {
    throw new RangeError(`Cannot write "${name}": it has ${all.length} bytes, not ${wanted}`);
  }
  return all;
}

/** The bytes of a stream in blocks of one size, the last one shorter; all share one buffer. */
async function* inBlocks(
  chunks: ArraySource["chunks"],
  size: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const block = new Uint8Array(size);
  let filled = 0;
  for await (let chunk of chunks) {
    while (chunk.length > 0) {
      const part = chunk.subarray(0, size - filled);
      block.set(part, filled);
      filled += part.length;
      chunk = chunk.subarray(part.length);
      if (filled < size) continue;
      yield block;
      filled = 0;
    }
  }
  if (filled > 0) yield block.subarray(0, filled);
}

function setAttributes(object: Hdf5File | Hdf5Dataset, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "string") object.create_attribute(name, value);
    else {
      const numbers = typeof value === "number" ? [value] : [...value];
      object.create_attribute(name, Float64Array.from(numbers), [numbers.length], "<d");
    }
  }
}

/** The name that netCDF gives to a dimension that has no variable of its own. */
function bareDimension(length: number): string {
  return `This is a netCDF dimension but not a netCDF variable.${String(length).padStart(10)}`;
}

/** A disk that fills up while the library writes leaves it in pieces, so room is made sure of before. */
async function checkRoom(path: string, neededBytes: number): Promise<void> {
  let free: number;
  try {
    const { bavail, bsize } = await statfs(dirname(path));
    free = bavail * bsize;
  } catch {
    return; // some runtimes and disks do not tell
  }
  if (free >= neededBytes) return;
  throw new RsembedError(
    "unavailable",
    `Cannot write "${path}": ${neededBytes} bytes are needed and ${free} are free, free some space or choose ` +
      "another folder",
    { facts: { resource: path, status: "ENOSPC", permanent: true } },
  );
}

/** Bytes for what stands beside values. */
const overheadBytes = 2 ** 20;

/**
 * Starts a file.
 *
 * @throws {RsembedError} `unavailable` if the folder is missing or cannot be written to
 */
export async function createNetcdf(path: string, options: WriteOptions = {}): Promise<NetcdfSink> {
  const { overwrite = true, disk = systemDisk } = options;
  const library = await openLibrary();
  const temporary = temporaryName(path);
  // so that errors of the folder are those of the system
  await onDisk(path, async () => await (await disk.create(temporary)).close());
  const discard = () => disk.remove(temporary).catch(() => {});

  /** Calls the library; after a failure there is nothing to be called any more. */
  let file: Hdf5File | null = null;
  const call = <T>(fn: (file: Hdf5File) => T): T => {
    if (file === null) throw new TypeError(`Cannot write "${path}": it is closed`);
    const open = file;
    try {
      return atFixedTime(() => fn(open));
    } catch (error) {
      file = null;
      throw writeError(path, error);
    }
  };
  try {
    file = atFixedTime(() => library.open(temporary, "w"));
  } catch (error) {
    await discard();
    throw writeError(path, error);
  }
  const dims = new Map<string, { readonly length: number; bare: boolean }>();

  const attach = (open: Hdf5File, name: string, axes: readonly string[]) => {
    const variable = open.get(name) as Hdf5Dataset;
    if (axes.length === 1 && axes[0] === name) {
      variable.make_scale(name);
      return;
    }
    axes.forEach((axis, i) => variable.attach_scale(i, `/${axis}`));
  };

  /** Dimensions that no coordinate has filled become scales without values. */
  const fillDimension = (open: Hdf5File, name: string) => {
    const dimension = dims.get(name);
    if (!dimension || !dimension.bare) return;
    dimension.bare = false;
    const data = new Float32Array(dimension.length);
    const scale = open.create_dataset({ name, data, shape: [dimension.length], dtype: "<f" });
    scale.make_scale(bareDimension(dimension.length));
  };

  const use = (open: Hdf5File, name: string, axes: readonly string[], shape: readonly number[]) => {
    for (const [i, axis] of axes.entries()) {
      const known = dims.get(axis);
      if (!known || known.length !== shape[i]) {
        throw new TypeError(`Cannot write "${name}": dimension ${axis} is not ${shape[i]} long`);
      }
      if (axis === name) known.bare = false;
      else fillDimension(open, axis);
    }
  };

  const writeBlocks = async (
    name: string,
    { dtype, shape, chunks }: Variable,
    { signal }: RunOptions,
  ) => {
    const [rows = 1, ...rest] = shape;
    const rowBytes = sizeOf(rest) * bytesPerElement[dtype];
    const block = rowsOf(rowBytes, rows);
    let row = 0;
    for await (const bytes of inBlocks(chunks, Math.max(1, block * rowBytes))) {
      signal?.throwIfAborted();
      const count = bytes.length / rowBytes;
      if (!Number.isInteger(count) || row + count > rows) {
        throw new RangeError(`Cannot write "${name}": its values do not fit (${shape})`);
      }
      const start = row;
      call((open) => {
        const ranges = [[start, start + count], ...rest.map((side) => [0, side])];
        (open.get(name) as Hdf5Dataset).write_slice(
          ranges as [number, number][],
          valuesOf(dtype, bytes),
        );
      });
      row += count;
    }
    if (row !== rows && rowBytes > 0) {
      throw new RangeError(`Cannot write "${name}": it has ${row} of ${rows} rows`);
    }
  };

  return {
    dimension(name, length) {
      if (dims.has(name)) throw new TypeError(`Cannot make dimension "${name}" twice`);
      dims.set(name, { length, bare: true });
    },
    async add(name, variable, options = {}) {
      const { dtype, shape, dims: axes, attributes = {} } = variable;
      const type = types[dtype];
      if (type === undefined) {
        throw new RsembedError(
          "unsupported",
          `Cannot write ${dtype} as netCDF: it has no such type, store float32 or int8`,
          { facts: { feature: `${dtype} in netCDF` } },
        );
      }
      const totalBytes = sizeOf(shape) * bytesPerElement[dtype];
      await checkRoom(path, totalBytes + overheadBytes);
      const whole = totalBytes <= smallBytes ? await allOf(name, variable) : null;
      call((open) => {
        use(open, name, axes, shape);
        const [rows = 1, ...rest] = shape;
        const chunk = rowsOf(sizeOf(rest) * bytesPerElement[dtype], rows);
        if (whole !== null) {
          const data = valuesOf(dtype, whole);
          open.create_dataset({ name, data, shape: [...shape], dtype: type });
        } else {
          open.create_dataset({
            name,
            data: valuesOf(dtype, new Uint8Array(0)),
            shape: [0, ...rest],
            maxshape: [rows, ...rest],
            chunks: [chunk, ...rest],
            dtype: type,
            compression: deflateLevel,
          }).resize([rows, ...rest]);
        }
        setAttributes(open.get(name) as Hdf5Dataset, attributes);
        attach(open, name, axes);
      });
      if (whole === null) await writeBlocks(name, variable, options);
    },
    addText(name, { values, dims: axes, attributes = {} }) {
      call((open) => {
        const shape = axes.length === 0 ? [] : [values.length];
        use(open, name, axes, shape);
        open.create_dataset({ name, data: values as string[], shape, dtype: "S" });
        setAttributes(open.get(name) as Hdf5Dataset, attributes);
        attach(open, name, axes);
      });
    },
    attributes(attributes) {
      call((open) => setAttributes(open, attributes));
    },
    async commit({ signal } = {}) {
      signal?.throwIfAborted();
      call((open) => {
        for (const name of dims.keys()) fillDimension(open, name);
        open.flush();
        if (open.close() < 0) throw new Error("the file could not be completed");
      });
      file = null;
      await commitTemporary(temporary, path, { overwrite, disk });
      return { sizeBytes: (await stat(path)).size };
    },
    async [Symbol.asyncDispose]() {
      try {
        file?.close();
      } catch {
        // it is removed
      }
      file = null;
      await discard();
    },
  };
}
