/**
 * Disks that fail at will, for tests.
 *
 * @module
 */

import { type Disk, disk, type DiskFile } from "../disk.ts";

/** An error as `node:fs` throws it. */
export function errno(code: string): Error {
  return Object.assign(new Error(`${code}: told to fail`), { code });
}

/** Calls `before` ahead of everything that changes the disk. */
export function watchedDisk(before: (operation: string) => void): Disk {
  const watch = <A extends unknown[], R>(
    operation: string,
    call: (...args: A) => Promise<R>,
  ): (...args: A) => Promise<R> =>
  async (...args) => {
    before(operation);
    return await call(...args);
  };
  const watchFile = (file: DiskFile): DiskFile => ({
    ...file,
    write: watch("write", file.write),
    sync: watch("sync", file.sync),
  });
  return {
    ...disk,
    create: watch("create", async (path) => watchFile(await disk.create(path))),
    open: watch("open", async (path) => watchFile(await disk.open(path))),
    makeFolder: watch("makeFolder", disk.makeFolder),
    replace: watch("replace", disk.replace),
    move: watch("move", disk.move),
  };
}

/** A disk whose operation number `at`, from 0, fails with `code`, and every one after it. */
export function fullDisk(at: number, code = "ENOSPC"): Disk {
  let count = 0;
  return watchedDisk(() => {
    if (count++ >= at) throw errno(code);
  });
}
