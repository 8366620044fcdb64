/**
 * Hashes of files, each computed once.
 *
 * @module
 */

import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { RunOptions } from "@rsembed/core";

async function digest(
  path: string,
  algorithm: string,
  head: string,
  { signal }: RunOptions,
): Promise<string> {
  signal?.throwIfAborted();
  const hash = createHash(algorithm).update(head);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    signal?.throwIfAborted();
    hash.update(chunk as Uint8Array);
  }
  return hash.digest("hex");
}

/** SHA-256 of a file, hex. */
export function sha256File(path: string, options: RunOptions = {}): Promise<string> {
  return digest(path, "sha256", "", options);
}

/** SHA-1 of a file as git names it, which is the ETag of small files on the hub. */
export async function gitBlobSha1(path: string, options: RunOptions = {}): Promise<string> {
  const { size } = await stat(path);
  return await digest(path, "sha1", `blob ${size}\0`, options);
}

interface HashNote {
  readonly path: string;
  readonly size: number;
  readonly mtimeMs: number;
  readonly sha256: string;
}

/**
 * SHA-256 of a file, remembered beside its size and time of change, so that a large checkpoint is not
 * read whole at each start.
 */
export async function rememberedSha256(
  path: string,
  { cacheDir, ...options }: RunOptions & { readonly cacheDir: string },
): Promise<string> {
  const real = await realpath(path);
  const { size, mtimeMs } = await stat(real);
  const name = createHash("sha256").update(real).digest("hex").slice(0, 32);
  const notePath = join(cacheDir, "hashes", `${name}.json`);
  try {
    const note = JSON.parse(await readFile(notePath, "utf8")) as HashNote;
    if (
      note.path === real && note.size === size && note.mtimeMs === mtimeMs &&
      /^[0-9a-f]{64}$/.test(note.sha256)
    ) {
      return note.sha256;
    }
  } catch {
    // no note, or one that cannot be read: the file itself is the truth
  }
  const sha256 = await sha256File(real, options);
  const note: HashNote = { path: real, size, mtimeMs, sha256 };
  const temporary = `${notePath}.${randomUUID()}.tmp`;
  try {
    await mkdir(dirname(notePath), { recursive: true });
    await writeFile(temporary, JSON.stringify(note));
    await rename(temporary, notePath);
  } catch {
    await rm(temporary, { force: true }).catch(() => {}); // a cache that cannot be written only costs time
  }
  return sha256;
}
