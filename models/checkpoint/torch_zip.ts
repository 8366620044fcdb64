/**
 * Files written by `torch.save` since torch 1.6: a zip of one pickle and one entry a storage.
 *
 * Source: `torch/serialization.py` (`_save`), `caffe2/serialize/inline_container.cc`.
 *
 * @module
 */

import { crc32 } from "node:zlib";
import type { RunOptions } from "@rsembed/core";
import type { ByteSource } from "./byte_source.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { elementBytes } from "./element_type.ts";
import type { PickledTensor } from "./pickle_value.ts";
import { corrupt, overLimit, unsupported } from "./refusal.ts";
import { findStateDict } from "./state_dict.ts";
import { storedCheckpoint } from "./stored_checkpoint.ts";
import { spanOf, type TensorView } from "./tensor_view.ts";
import { torchHost } from "./torch_globals.ts";
import { unpickle } from "./unpickle.ts";
import { entryStorage, readZipDirectory, type ZipEntry } from "./zip.ts";

/** Without values a pickle takes about 200 bytes a tensor. */
const maxPickleBytes = 1 << 26;

/** Options of {@linkcode openTorchZip}. */
export interface TorchZipOptions extends RunOptions {
  readonly root: readonly string[] | null;
}

/**
 * Opens a torch zip file; only its directory and its pickle are read.
 *
 * @throws {RsembedError} `corrupt`, `limit`, `unsupported`, `not-found`
 */
export async function openTorchZip(
  source: ByteSource,
  options: TorchZipOptions,
): Promise<Checkpoint> {
  const entries = await readZipDirectory(source, options);
  const prefix = archivePrefix(entries, source.name);
  const pickle = await readEntry(source, entries.get(`${prefix}data.pkl`)!, options);
  const order = entries.get(`${prefix}byteorder`);
  if (order && new TextDecoder().decode(await readEntry(source, order, options)) !== "little") {
    throw unsupported(source.name, "big-endian tensors", "its tensors are not little-endian");
  }
  const top = unpickle(pickle, torchHost(source.name));
  const { tensors, refused, metadata } = findStateDict(top, {
    source: source.name,
    root: options.root,
  });
  const views = new Map<string, TensorView>();
  for (const [name, tensor] of tensors) {
    const entry = entries.get(`${prefix}data/${tensor.storage.key}`);
    if (!entry) throw corrupt(source.name, `the values of tensor ${name} are missing`);
    views.set(name, viewOf(name, tensor, { source, entry }));
  }
  return storedCheckpoint(source, { views, refused, metadata });
}

/** The folder that holds everything, with its slash. */
function archivePrefix(entries: ReadonlyMap<string, ZipEntry>, source: string): string {
  const found = [...entries.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  const [name] = found;
  if (name === undefined) {
    throw unsupported(
      source,
      "other zip archives",
      "it is a zip archive without a data.pkl, one written by torch.save is wanted",
    );
  }
  if (found.length > 1) throw corrupt(source, `it has ${found.length} pickles, one is wanted`);
  const prefix = name.slice(0, -"data.pkl".length);
  if (entries.has(`${prefix}constants.pkl`)) {
    throw unsupported(
      source,
      "TorchScript",
      "it is a TorchScript archive, a file written by torch.save(model.state_dict(), path) is wanted",
    );
  }
  return prefix;
}

async function readEntry(
  source: ByteSource,
  entry: ZipEntry,
  options: RunOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  if (entry.size > maxPickleBytes) {
    throw overLimit(source.name, `bytes in ${entry.name}`, {
      max: maxPickleBytes,
      actual: entry.size,
    });
  }
  const storage = await entryStorage(source, entry, options);
  const bytes = new Uint8Array(entry.size);
  await storage.read(bytes, 0, options);
  if (storage.crc32 !== null && crc32(bytes) !== storage.crc32) {
    throw corrupt(source.name, `the checksum of ${entry.name} is wrong`, entry.headerOffset);
  }
  return bytes;
}

function viewOf(
  name: string,
  tensor: PickledTensor,
  { source, entry }: { source: ByteSource; entry: ZipEntry },
): TensorView {
  const { storage, type, offset, shape, stride } = tensor;
  const bytesEach = elementBytes(type);
  const byteLength = storage.type === null ? storage.length : storage.length * bytesEach;
  const end = (offset + spanOf(shape, stride)) * bytesEach;
  if (!(byteLength <= entry.size && end <= byteLength)) {
    throw corrupt(
      source.name,
      `tensor ${name} needs ${Math.max(byteLength, end)} bytes of a storage of ${entry.size}`,
      entry.headerOffset,
    );
  }
  return {
    name,
    type,
    shape,
    stride,
    offset,
    byteLength: entry.size,
    storage: (options) => entryStorage(source, entry, options),
  };
}
