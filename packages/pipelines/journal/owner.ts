/**
 * Who is writing: one process at a time.
 *
 * @module
 */

import { open, readFile, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { kill, pid } from "node:process";
import { RsembedError } from "@rsembed/core";
import { onDisk } from "@rsembed/writers";

interface Owner {
  readonly pid: number;
  readonly host: string;
}

async function readOwner(path: string): Promise<Owner | null> {
  try {
    const { pid, host } = JSON.parse(await readFile(path, "utf8"));
    return typeof pid === "number" && typeof host === "string" ? { pid, host } : null;
  } catch {
    return null; // gone, or its writer was killed before it had said who it is
  }
}

/** Whether a process of this machine runs; of other machines it cannot be known. */
function mayRun({ pid: other, host }: Owner): boolean {
  if (host !== hostname()) return true;
  if (other === pid) return true;
  try {
    kill(other, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === "EPERM";
  }
}

/**
 * Makes this process the one that writes, by a file; that of a process that was killed is taken over.
 *
 * @param path The file
 * @returns What ends it
 * @throws {RsembedError} `exists` if another process is at it
 */
export async function becomeOwner(path: string): Promise<() => Promise<void>> {
  for (let attempts = 0;; attempts++) {
    try {
      const file = await open(path, "wx");
      try {
        await file.writeFile(JSON.stringify({ pid, host: hostname() } satisfies Owner));
      } finally {
        await file.close();
      }
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as { code?: string }).code !== "EEXIST") {
        return await onDisk(path, () => Promise.reject(error));
      }
    }
    const owner = await readOwner(path);
    if (attempts > 0 || owner !== null && mayRun(owner)) {
      throw new RsembedError(
        "exists",
        `Cannot export: process ${owner?.pid} on ${owner?.host} is writing there; if it is not, ` +
          `remove "${path}"`,
        { facts: { path } },
      );
    }
    await rm(path, { force: true });
  }
}
