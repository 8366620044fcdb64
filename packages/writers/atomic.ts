/**
 * Files that appear complete or not at all.
 *
 * @module
 */

import { randomUUID } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { pid } from "node:process";
import { RsembedError, type RunOptions } from "@rsembed/core";
import { type Disk, disk as systemDisk, type DiskFile, existsError, onDisk } from "./disk.ts";

/** Options of {@linkcode createAtomic}. */
export interface AtomicOptions {
  /** Replace a file that is already there. @default true */
  readonly overwrite?: boolean | undefined;
  /** Where to write. @default the file system of the runtime */
  readonly disk?: Disk | undefined;
}

/** Options of {@linkcode writeFileAtomic}. */
export interface WriteFileOptions extends AtomicOptions, RunOptions {}

/**
 * A file in the making under a temporary name beside its final one. Disposing without `commit` removes
 * it.
 */
export interface AtomicFile extends AsyncDisposable {
  /** Writes all bytes at a position. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Moves the file to its final name, durably. */
  commit(): Promise<void>;
}

/**
 * A name for unfinished work beside a path: in the same folder, so that it can be renamed; hidden; no
 * other process's.
 */
export function temporaryName(path: string): string {
  // file systems take names of 255 bytes, and 50 characters are at most 150
  const name = basename(path).slice(0, 50);
  return join(dirname(path), `.${name}.tmp-${pid}-${randomUUID().slice(0, 8)}`);
}

/**
 * Checks that a file can be written at a path, before the work that fills it.
 *
 * @throws {RsembedError} `exists` if it is there and may not be replaced, `unavailable` if it is a folder
 */
export async function checkTarget(path: string, options: AtomicOptions = {}): Promise<void> {
  const { overwrite = true, disk = systemDisk } = options;
  const kind = await onDisk(path, () => disk.kind(path));
  if (kind === "folder") {
    throw new RsembedError(
      "unavailable",
      `Cannot write "${path}": it is a folder, choose the name of a file`,
      { facts: { resource: path, permanent: true, status: "EISDIR" } },
    );
  }
  if (kind === "file" && !overwrite) throw existsError(path);
}

/**
 * Starts a file that will stand at `path` when it is complete.
 *
 * @throws {RsembedError} `exists` if it is there and may not be replaced; `unavailable` if the folder
 * is missing or cannot be written to
 */
export async function createAtomic(
  path: string,
  options: AtomicOptions = {},
): Promise<AtomicFile> {
  const { overwrite = true, disk = systemDisk } = options;
  await checkTarget(path, options);
  const temporary = temporaryName(path);
  let file: DiskFile | null = await onDisk(path, () => disk.create(temporary));
  let committed = false;

  const current = (): DiskFile => {
    if (file === null) throw new TypeError(`Cannot write "${path}": it is closed`);
    return file;
  };
  const close = async () => {
    const open = file;
    file = null;
    await open?.close();
  };

  return {
    write(bytes, position) {
      const open = current();
      return onDisk(path, () => open.write(bytes, position));
    },
    async commit() {
      const open = current();
      await onDisk(path, async () => {
        await open.sync();
        await close();
        await (overwrite ? disk.replace(temporary, path) : disk.move(temporary, path));
      });
      committed = true;
      await disk.syncFolder(dirname(path));
    },
    async [Symbol.asyncDispose]() {
      if (committed) return;
      // a disk that fails to close or remove must not hide the error that led here
      await close().catch(() => {});
      await disk.remove(temporary).catch(() => {});
    },
  };
}

/**
 * Moves a file that a library has written under a {@linkcode temporaryName} to its final name, durably.
 *
 * @throws {RsembedError} `exists` and `unavailable`, as {@linkcode createAtomic}
 */
export async function commitTemporary(
  temporary: string,
  path: string,
  options: AtomicOptions = {},
): Promise<void> {
  const { overwrite = true, disk = systemDisk } = options;
  await onDisk(path, async () => {
    const file = await disk.open(temporary);
    try {
      await file.sync();
    } finally {
      await file.close();
    }
    await (overwrite ? disk.replace(temporary, path) : disk.move(temporary, path));
  });
  await disk.syncFolder(dirname(path));
}

/**
 * Writes a whole file: afterwards `path` holds all of it, durably, or what was there before.
 *
 * A symbolic link at `path` is replaced, not followed.
 *
 * @throws {RsembedError} `exists` if it is there and `overwrite` is off; `unavailable` if the disk is
 * full, the folder is missing or may not be written to
 *
 * @example
 * ```ts
 * import { writeFileAtomic } from "@rsembed/writers";
 * import assert from "node:assert/strict";
 * import { mkdtemp, readFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const path = join(await mkdtemp(join(tmpdir(), "rsembed-")), "run.json");
 * await writeFileAtomic(path, '{"status": "ok"}\n');
 * assert.equal(await readFile(path, "utf8"), '{"status": "ok"}\n');
 * await assert.rejects(writeFileAtomic(path, "", { overwrite: false }), /exists/);
 * ```
 */
export async function writeFileAtomic(
  path: string,
  content: Uint8Array | string,
  options: WriteFileOptions = {},
): Promise<void> {
  options.signal?.throwIfAborted();
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const file = await createAtomic(path, options);
  try {
    await file.write(bytes, 0);
    options.signal?.throwIfAborted();
    await file.commit();
  } finally {
    await file[Symbol.asyncDispose]();
  }
}
