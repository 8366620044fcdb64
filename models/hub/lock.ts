/**
 * Locks between processes: a file that only one of them can make.
 *
 * @module
 */

import { randomUUID } from "node:crypto";
import { open, rename, rm, stat, utimes } from "node:fs/promises";
import { delay, type RunOptions } from "@rsembed/core";

/** A lock that its holder has not touched for this long is one that was killed. */
const staleAfterMs = 15_000;
const touchEveryMs = 3000;
const pollMs = 100;

/** Removes the lock of a killed process. Of several who try, the rename lets one succeed. */
async function removeStale(path: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch {
    return; // somebody else was first
  }
  await rm(aside, { force: true });
}

/**
 * Calls `fn` while no other process, and no other call of this one, holds the lock at `path`. A lock whose
 * holder was killed is taken over.
 */
export async function withLock<T>(
  path: string,
  { signal }: RunOptions,
  fn: () => Promise<T>,
): Promise<T> {
  while (true) {
    signal?.throwIfAborted();
    try {
      await (await open(path, "wx")).close();
      break;
    } catch (error) {
      if ((error as { code?: string }).code !== "EEXIST") throw error;
    }
    const touched = await stat(path).then(({ mtimeMs }) => mtimeMs, () => null);
    if (touched !== null && Date.now() - touched > staleAfterMs) await removeStale(path);
    else await delay(pollMs, { signal });
  }
  const timer = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {}); // a lock that is gone is noticed by whoever made the next
  }, touchEveryMs);
  try {
    return await fn();
  } finally {
    clearInterval(timer);
    await rm(path, { force: true });
  }
}
