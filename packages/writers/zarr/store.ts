/**
 * Where the keys of a Zarr hierarchy are written: a folder, or anything that holds bytes by name.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { RsembedError } from "@rsembed/core";
import { temporaryName } from "../atomic.ts";
import { type Disk, disk as systemDisk, type DiskFile, existsError, onDisk } from "../disk.ts";
import type { WriteOptions } from "../writer.ts";

/** A value in the making: its bytes come one part after another. */
export interface StoreValue {
  /** Adds bytes. */
  write(bytes: Uint8Array): Promise<void>;
  /** Completes the value. */
  close(): Promise<void>;
}

/** Something that holds bytes by name. Nothing is seen by others before `commit`. */
export interface ZarrStore extends AsyncDisposable {
  /** Begins the value of a key, such as `galileo/embedding/c/0/0`. */
  create(key: string): Promise<StoreValue>;
  /** Makes all that was written visible, durably. */
  commit(): Promise<void>;
}

/** Moves a folder to its final name; one that is there is moved aside first, and back if that fails. */
async function replaceFolder(
  temporary: string,
  path: string,
  { disk, overwrite }: { readonly disk: Disk; readonly overwrite: boolean },
): Promise<void> {
  const kind = await disk.kind(path);
  if (kind !== null && !overwrite) throw existsError(path);
  if (kind === null) return await disk.replace(temporary, path);
  const aside = temporaryName(path);
  await disk.replace(path, aside);
  try {
    await disk.replace(temporary, path);
  } catch (error) {
    await disk.replace(aside, path).catch(() => {});
    throw error;
  }
  await disk.remove(aside);
}

/**
 * A store in a folder, which stands at `path` when it is complete.
 *
 * @throws {RsembedError} `exists` if it is there and may not be replaced; `unavailable` if a file is there, or the folder
 * around it cannot be written to
 */
export async function folderStore(path: string, options: WriteOptions = {}): Promise<ZarrStore> {
  const { overwrite = true, disk = systemDisk } = options;
  const kind = await onDisk(path, () => disk.kind(path));
  if (kind === "file") {
    throw new RsembedError(
      "unavailable",
      `Cannot write "${path}": a file is there, choose another name`,
      {
        facts: { resource: path, status: "ENOTDIR", permanent: true },
      },
    );
  }
  if (kind === "folder" && !overwrite) throw existsError(path);
  if (kind === "folder" && await disk.kind(join(path, "zarr.json")) === null) {
    throw new RsembedError(
      "unavailable",
      `Cannot write "${path}": a folder is there that is no Zarr, choose another name`,
      { facts: { resource: path, status: "EEXIST", permanent: true } },
    );
  }
  const temporary = temporaryName(path);
  await onDisk(path, () => disk.makeFolder(temporary));
  const folders = new Set([temporary]);
  const openFiles = new Set<DiskFile>();
  let committed = false;

  const makeFolders = async (folder: string): Promise<void> => {
    if (folders.has(folder)) return;
    await makeFolders(dirname(folder));
    await disk.makeFolder(folder);
    folders.add(folder);
  };

  return {
    create: (key) =>
      onDisk(path, async () => {
        const target = join(temporary, ...key.split("/"));
        await makeFolders(dirname(target));
        const file = await disk.create(target);
        openFiles.add(file);
        let end = 0;
        return {
          write: (bytes) =>
            onDisk(path, async () => {
              await file.write(bytes, end);
              end += bytes.length;
            }),
          close: () =>
            onDisk(path, async () => {
              await file.sync();
              openFiles.delete(file);
              await file.close();
            }),
        };
      }),
    commit: () =>
      onDisk(path, async () => {
        for (const folder of folders) await disk.syncFolder(folder);
        await replaceFolder(temporary, path, { disk, overwrite });
        committed = true;
        await disk.syncFolder(dirname(path));
      }),
    async [Symbol.asyncDispose]() {
      // a disk that fails to close or remove must not hide the error that led here
      for (const file of openFiles) await file.close().catch(() => {});
      openFiles.clear();
      if (!committed) await disk.remove(temporary).catch(() => {});
    },
  };
}
