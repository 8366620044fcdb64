/**
 * Opening a checkpoint of any format.
 *
 * @module
 */

import { RsembedError, type RunOptions } from "@rsembed/core";
import { type ByteSource, fileSource, readBytes } from "./byte_source.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { corrupt, unsupported } from "./refusal.ts";
import { openSafetensors } from "./safetensors.ts";
import { openTorchZip } from "./torch_zip.ts";

/** Options of {@linkcode openCheckpoint}. */
export interface OpenCheckpointOptions extends RunOptions {
  /**
   * Key, or path of keys, of the dict that holds the weights; `[]` for the whole file. By default the keys that
   * training code uses are followed (`state_dict`, `model`, `module`, `teacher` and the like); where none of
   * them is there, nested dicts become names with dots.
   */
  readonly root?: string | readonly string[];
}

/** Bytes that tell formats apart. */
const headBytes = 512;

/**
 * Opens a checkpoint: safetensors, or a zip written by `torch.save` (`.pt`, `.pth`, `.ckpt`, `.bin`), told
 * apart by content. Only headers are read; values come when they are asked for, each bounded by its tensor.
 * Nothing in the file is executed.
 *
 * @param file Path of a file, or bytes with random access, which are closed with the checkpoint
 * @throws {RsembedError} `not-found` if there is no such file or no such `root`, `unsupported` for formats that
 * are not read, `corrupt` for damaged bytes, `limit` for declared sizes beyond any real checkpoint, `unavailable` if
 * the file cannot be opened
 *
 * @example
 * ```ts
 * import { memorySource, openCheckpoint } from "@rsembed/models/checkpoint";
 * import assert from "node:assert/strict";
 *
 * const header = JSON.stringify({ bias: { dtype: "F32", shape: [2], data_offsets: [0, 8] } });
 * const bytes = new Uint8Array(8 + header.length + 8);
 * new DataView(bytes.buffer).setUint32(0, header.length, true);
 * bytes.set(new TextEncoder().encode(header), 8);
 *
 * const checkpoint = await openCheckpoint(memorySource("bias.safetensors", bytes));
 * assert.deepEqual(checkpoint.tensors.get("bias")?.shape, [2]);
 * assert.deepEqual([...(await checkpoint.read("bias")).data], [0, 0]);
 * await checkpoint[Symbol.asyncDispose]();
 * ```
 */
export async function openCheckpoint(
  file: string | ByteSource,
  options: OpenCheckpointOptions = {},
): Promise<Checkpoint> {
  options.signal?.throwIfAborted();
  const root = options.root === undefined
    ? null
    : typeof options.root === "string"
    ? [options.root]
    : options.root;
  const source = typeof file === "string" ? await fileSource(file) : file;
  try {
    const length = Math.min(headBytes, source.byteLength);
    const head = await readBytes(source, { position: 0, length, what: "beginning" }, options);
    if (text(head, 4) === "PK\x03\x04") return await openTorchZip(source, { ...options, root });
    if (head[8] === 0x7b) {
      if (root && root.length > 0) {
        throw new RsembedError(
          "not-found",
          `Cannot read checkpoint "${source.name}": there is no dict at ${root.join(" > ")}, ` +
            "safetensors files are flat",
          { facts: { name: root[0]! } },
        );
      }
      return await openSafetensors(source, options);
    }
    throw unknownFormat(source.name, head);
  } catch (error) {
    await source.close();
    throw error;
  }
}

function text(bytes: Uint8Array, length: number): string {
  return String.fromCharCode(...bytes.subarray(0, length));
}

const resave =
  "save it anew with torch 1.6 or later: torch.save(torch.load(path, map_location='cpu'), path)";
/** Pickle of the number that begins legacy files. */
const legacyMagic = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";

function unknownFormat(source: string, head: Uint8Array): RsembedError {
  const start = text(head, 64);
  if (start === "") return corrupt(source, "it is empty");
  if (start.startsWith(legacyMagic) || text(head.subarray(257), 5) === "ustar") {
    return unsupported(
      source,
      "legacy torch files",
      `it is in torch's format from before 1.6, a zip is wanted; ${resave}`,
    );
  }
  if (head[0] === 0x80 && head[1]! >= 2 && head[1]! <= 5) {
    return unsupported(
      source,
      "bare pickles",
      "it is a bare pickle, safetensors or a zip written by torch.save is wanted",
    );
  }
  if (start.startsWith("version https://git-lfs")) {
    return corrupt(source, "it is a Git LFS pointer, the file that it points to is wanted");
  }
  if (/^\s*<(!doctype|html)/i.test(start)) {
    return corrupt(source, "it is a web page, as a failed download leaves, a checkpoint is wanted");
  }
  return corrupt(source, "it is neither safetensors nor a zip written by torch.save");
}
