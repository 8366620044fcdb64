/**
 * The few file operations that writers need, and what to say when a disk refuses one.
 *
 * @module
 */

import { type FileHandle, link, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { errorMessage, isRsembedError, RsembedError } from "@rsembed/core";

/** A file open for writing and reading. */
export interface DiskFile {
  /** Writes all bytes at a position. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Fills all of `into` from a position. */
  read(into: Uint8Array, position: number): Promise<void>;
  /** Waits until everything written is on the disk. */
  sync(): Promise<void>;
  /** Ends its use. */
  close(): Promise<void>;
}

/**
 * Where writers write. Errors are those of `node:fs`, with its `code`; writers say what they mean. A test
 * gives one that fails at will.
 */
export interface Disk {
  /** What stands at a path, or `null`. */
  kind(path: string): Promise<"file" | "folder" | null>;
  /** Opens a new file; fails with `EEXIST` if there is one. */
  create(path: string): Promise<DiskFile>;
  /** Opens a file that is there, to write and to read. */
  open(path: string): Promise<DiskFile>;
  /** Makes a new folder; its parent must exist. */
  makeFolder(path: string): Promise<void>;
  /** Moves a file, replacing what is there. */
  replace(from: string, to: string): Promise<void>;
  /** Moves a file; fails with `EEXIST` if something is there. */
  move(from: string, to: string): Promise<void>;
  /** Waits until the names in a folder are on the disk, where the platform can. */
  syncFolder(path: string): Promise<void>;
  /** Removes a file, or a folder with all in it; nothing there is fine. */
  remove(path: string): Promise<void>;
}

/** `errno` name of an error, if it has one. */
function errnoOf(error: unknown): string | null {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === "string") return code;
  // what Deno throws for a missing --allow-* flag has no code
  return error instanceof Error && error.name === "NotCapable" ? "NotCapable" : null;
}

/** Reads exactly `into.length` bytes. */
async function readFully(
  handle: FileHandle,
  into: Uint8Array,
  position: number,
): Promise<void> {
  for (let done = 0; done < into.length;) {
    const { bytesRead } = await handle.read(into, done, into.length - done, position + done);
    if (bytesRead === 0) throw new RangeError(`Cannot read past the end at ${position + done}`);
    done += bytesRead;
  }
}

function openFile(handle: FileHandle): DiskFile {
  return {
    async write(bytes, position) {
      for (let done = 0; done < bytes.length;) {
        const { bytesWritten } = await handle.write(
          bytes,
          done,
          bytes.length - done,
          position + done,
        );
        done += bytesWritten;
      }
    },
    read: (into, position) => readFully(handle, into, position),
    sync: () => handle.sync(),
    close: () => handle.close(),
  };
}

/** The file system of the runtime. */
export const disk: Disk = {
  async kind(path) {
    try {
      return (await stat(path)).isDirectory() ? "folder" : "file";
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return null;
      throw error;
    }
  },
  create: async (path) => openFile(await open(path, "wx+")),
  open: async (path) => openFile(await open(path, "r+")),
  makeFolder: async (path) => {
    await mkdir(path);
  },
  replace: rename,
  async move(from, to) {
    try {
      // unlike a check followed by a rename, a link cannot replace what another process just made
      await link(from, to);
    } catch (error) {
      const code = errnoOf(error);
      if (code === "EEXIST") throw error;
      // some file systems have no links
      if (await disk.kind(to) !== null) {
        throw Object.assign(new Error(`EEXIST: file already exists, ${to}`), { code: "EEXIST" });
      }
      return await rename(from, to);
    }
    await rm(from, { force: true });
  },
  async syncFolder(path) {
    try {
      const handle = await open(path, "r");
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    } catch {
      // Windows and some network folders cannot; the rename itself has succeeded
    }
  },
  remove: (path) => rm(path, { recursive: true, force: true }),
};

/** What each errno means for someone who wants to write in a folder. */
const remedies: Readonly<Record<string, (folder: string) => string>> = {
  ENOSPC: (folder) => `the disk of "${folder}" is full, free some space or choose another folder`,
  EDQUOT: (folder) => `the quota of "${folder}" is used up, free some space or choose another`,
  EFBIG: (folder) => `the file system of "${folder}" takes no file this large, choose another`,
  EACCES: (folder) => `the folder "${folder}" may not be written to, choose another folder`,
  EPERM: (folder) => `the folder "${folder}" may not be written to, choose another folder`,
  NotCapable: (folder) => `Deno may not write to "${folder}", run with --allow-read --allow-write`,
  EROFS: (folder) => `the disk of "${folder}" is read-only, choose another folder`,
  ENOENT: (folder) => `the folder "${folder}" does not exist, make it first`,
  ENOTDIR: (folder) => `"${folder}" is not a folder, choose one`,
  EISDIR: () => "it is a folder, choose the name of a file",
  ENOTEMPTY: () => "it is a folder, choose the name of a file",
  ENAMETOOLONG: () => "the name is too long, choose a shorter one",
};

/**
 * What a failed file operation on `path` means: an `unavailable` error that names the folder and what to
 * do. Anything but an error of the file system is given back as it is.
 */
export function diskError(error: unknown, path: string): unknown {
  const status = errnoOf(error);
  if (status === null || isRsembedError(error)) return error;
  if (status === "EEXIST") return existsError(path, error);
  const remedy = remedies[status];
  const state = remedy ? remedy(dirname(path)) : errorMessage(error);
  return new RsembedError("unavailable", `Cannot write "${path}": ${state}`, {
    facts: { resource: path, status, ...(remedy ? { permanent: true } : {}) },
    cause: error,
  });
}

/** The error of a file that is damaged, or not what it claims. */
export function corrupt(path: string, why: string, cause?: unknown): RsembedError<"corrupt"> {
  return new RsembedError("corrupt", `Cannot read "${path}": ${why}`, {
    facts: { source: path },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The error of a file that could not be opened or read. */
export function unreadable(path: string, cause: unknown): RsembedError {
  const status = errnoOf(cause) ?? "unknown";
  return status === "ENOENT"
    ? new RsembedError("not-found", `Cannot read "${path}": there is no such file`, {
      facts: { name: path },
      cause,
    })
    : new RsembedError("unavailable", `Cannot read "${path}": ${errorMessage(cause)}`, {
      facts: { resource: path, status },
      cause,
    });
}

/** The error of a path that is taken. */
export function existsError(path: string, cause?: unknown): RsembedError<"exists"> {
  return new RsembedError(
    "exists",
    `Cannot write "${path}": a file of that name exists, remove it or allow overwriting`,
    { facts: { path }, cause },
  );
}

/**
 * Calls a file operation; what the file system refuses becomes a typed error.
 *
 * @param path What is being written, for the message
 * @throws {RsembedError} `unavailable`, with the `errno` name as its status
 */
export async function onDisk<T>(path: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw diskError(error, path);
  }
}
