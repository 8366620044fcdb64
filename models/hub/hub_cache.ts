/**
 * The Hugging Face cache, shared with its Python client:
 * `models--owner--name/{blobs/<etag>, refs/<revision>, snapshots/<commit>/<file>}`.
 *
 * Source: huggingface_hub's documentation, "Understand caching".
 *
 * @module
 */

import {
  copyFile,
  link,
  mkdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { dirname, join, relative } from "node:path";
import { type HubWeights, RsembedError } from "@rsembed/core";

/** What may be part of a path: nothing that leaves its folder. */
function checked(part: string, what: string): string {
  const parts = part.split("/");
  if (parts.some((name) => name === "" || name === "." || name === ".." || /[\\:\0]/.test(name))) {
    throw new RsembedError("spec", `Cannot use the ${what} "${part}": it is no plain path`, {
      facts: { field: what, value: part },
    });
  }
  return part;
}

/** Folder of a repository in the cache. */
export function repoDir(hubDir: string, { repo }: Pick<HubWeights, "repo">): string {
  return join(hubDir, `models--${checked(repo, "repo").replaceAll("/", "--")}`);
}

/** Path of a blob; its name is the ETag of the file. */
export function blobPath(hubDir: string, ref: Pick<HubWeights, "repo">, etag: string): string {
  if (!/^[\w-]{1,128}$/.test(etag)) {
    throw new RsembedError(
      "corrupt",
      `Cannot cache "${ref.repo}": the hub names a file by ETag "${etag}"`,
      {
        facts: { source: ref.repo },
      },
    );
  }
  return join(repoDir(hubDir, ref), "blobs", etag);
}

/** Path of a file in the snapshot of a commit. */
export function snapshotPath(hubDir: string, ref: HubWeights, commit: string): string {
  return join(
    repoDir(hubDir, ref),
    "snapshots",
    checked(commit, "commit"),
    checked(ref.file, "file"),
  );
}

/** The file in the cache, by whichever client it came; `null` if it is not there. */
export async function findInHubCache(hubDir: string, ref: HubWeights): Promise<string | null> {
  let commit = ref.revision;
  if (!/^[0-9a-f]{40}$/.test(commit)) {
    const refFile = join(repoDir(hubDir, ref), "refs", checked(ref.revision, "revision"));
    try {
      commit = (await readFile(refFile, "utf8")).trim();
    } catch {
      return null;
    }
    if (!/^[0-9a-f]{7,64}$/.test(commit)) return null;
  }
  try {
    const real = await realpath(snapshotPath(hubDir, ref, commit));
    return (await stat(real)).isFile() ? real : null;
  } catch {
    return null;
  }
}

/** Puts `content` under `path` whole or not at all. */
async function writeWhole(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}.tmp`;
  await writeFile(temporary, content);
  await rename(temporary, path);
}

/** Makes a downloaded blob visible as a file of a snapshot, as the Python client does. */
export async function publishBlob(
  hubDir: string,
  ref: HubWeights,
  { commit, blob }: { readonly commit: string; readonly blob: string },
): Promise<string> {
  const path = snapshotPath(hubDir, ref, commit);
  await mkdir(dirname(path), { recursive: true });
  await rm(path, { force: true });
  // symbolic links need a privilege on Windows, hard links one file system
  try {
    await symlink(relative(dirname(path), blob), path);
  } catch {
    try {
      await link(blob, path);
    } catch {
      await copyFile(blob, path);
    }
  }
  if (commit !== ref.revision) {
    await writeWhole(join(repoDir(hubDir, ref), "refs", checked(ref.revision, "revision")), commit);
  }
  return path;
}
