/**
 * Reading `.npz` archives.
 *
 * @module
 */

import { open } from "node:fs/promises";
import {
  allocate,
  type Arrays,
  bytesOf,
  bytesPerElement,
  type Dtype,
  RsembedError,
  type RunOptions,
  sizeOf,
} from "@rsembed/core";
import { arrayFile, type ArrayReader } from "../array_file.ts";
import { unreadable } from "../disk.ts";
import type { ArrayFile, OpenOptions } from "../writer.ts";
import {
  decodeNpyHeader,
  npyDataBytes,
  npyDataOffset,
  type NpyHeader,
  npyPrefixBytes,
} from "./npy_header.ts";
import { type ByteSource, corruptZip, readDirectory, type ZipMember } from "./zip_directory.ts";
import { type MemberReader, openMember } from "./zip_member.ts";

/** Opens a file for positional reads; its errors are typed. */
async function openSource(path: string): Promise<ByteSource & AsyncDisposable> {
  const handle = await open(path, "r").catch((error) => {
    throw unreadable(path, error);
  });
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) {
      throw Object.assign(new Error("it is no file"), { code: "EISDIR" });
    }
    return {
      path,
      sizeBytes: stat.size,
      async read(into, position) {
        for (let done = 0; done < into.length;) {
          const { bytesRead } = await handle
            .read(into, done, into.length - done, position + done)
            .catch((error) => {
              throw unreadable(path, error);
            });
          if (bytesRead === 0) {
            throw new RsembedError("corrupt", `Cannot read "${path}": it became shorter`, {
              facts: { source: path, offset: position + done },
            });
          }
          done += bytesRead;
        }
      },
      [Symbol.asyncDispose]: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw unreadable(path, error);
  }
}

/** Reverses the bytes of each element in place. */
function swapBytes(bytes: Uint8Array, itemBytes: number): void {
  for (let at = 0; at < bytes.length; at += itemBytes) {
    bytes.subarray(at, at + itemBytes).reverse();
  }
}

/** Values in column order, put into row order. */
function toRowOrder<D extends Dtype>(
  dtype: D,
  { data, shape }: { readonly data: Arrays[D]; readonly shape: readonly number[] },
): Arrays[D] {
  const out = allocate(dtype, data.length);
  const index = shape.map(() => 0);
  // strides of the column order: the first axis runs fastest
  const strides = shape.map((_, axis) => sizeOf(shape.slice(0, axis)));
  let from = 0;
  for (let to = 0; to < data.length; to++) {
    out[to] = data[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}

/** Reads the header of an array, and checks it against the length of the member. */
async function readHeader(
  reader: MemberReader,
  { member, source }: { readonly member: ZipMember; readonly source: ByteSource },
): Promise<NpyHeader> {
  const label = `${source.path}" > "${member.name}`;
  const prefix = new Uint8Array(npyPrefixBytes);
  await reader.fill(prefix);
  const offset = npyDataOffset(prefix, label);
  if (offset < npyPrefixBytes || offset > member.sizeBytes) {
    throw corruptZip(source, `the array in "${member.name}" is cut short`, member.offset);
  }
  const bytes = new Uint8Array(offset);
  bytes.set(prefix);
  await reader.fill(bytes.subarray(npyPrefixBytes));
  const header = decodeNpyHeader(bytes, label);
  if (offset + npyDataBytes(header) !== member.sizeBytes) {
    throw corruptZip(
      source,
      `"${member.name}" has ${
        member.sizeBytes - offset
      } bytes of values, its shape (${header.shape}) needs ${npyDataBytes(header)}`,
      member.offset,
    );
  }
  return header;
}

async function openArray(
  source: ByteSource,
  member: ZipMember,
  options: RunOptions,
): Promise<ArrayReader> {
  const reader = await openMember(source, member, options);
  try {
    const header = await readHeader(reader, { member, source });
    const { dtype, shape, bigEndian } = header;
    const isByColumn = header.fortranOrder && shape.length > 1;
    return {
      dtype,
      shape,
      ...(isByColumn ? { rowsAtOnce: null } : {}),
      async fill(into) {
        const bytes = bytesOf({ data: into });
        await reader.fill(bytes);
        if (bigEndian) swapBytes(bytes, bytesPerElement[dtype]);
        if (isByColumn) into.set(toRowOrder(dtype, { data: into, shape }) as never);
      },
      finish: () => reader.finish(),
      close: async () => await reader[Symbol.asyncDispose](),
    };
  } catch (error) {
    await reader[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Opens an `.npz` archive of anyone's: stored or deflated, any byte order, row or column order. Arrays
 * are read when asked for; pickled objects are never loaded. Members other than `.npy` are left out.
 *
 * @throws {RsembedError} `not-found` if there is no file, `corrupt` if it is damaged or no zip file
 */
export async function openNpz(path: string, options: OpenOptions = {}): Promise<ArrayFile> {
  const { signal } = options;
  signal?.throwIfAborted();
  const source = await openSource(path);
  const members = new Map<string, ZipMember>();
  try {
    for (const member of await readDirectory(source)) {
      if (member.name.endsWith(".npy")) members.set(member.name.slice(0, -4), member);
    }
  } catch (error) {
    await source[Symbol.asyncDispose]();
    throw error;
  }

  return arrayFile({
    path,
    keys: [...members.keys()],
    options,
    open: (key, options) => openArray(source, members.get(key)!, options),
    close: async () => await source[Symbol.asyncDispose](),
  });
}
