/**
 * Where the weights are: a path that was given, the cache, or the hub.
 *
 * @module
 */

import { stat } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { isRsembedError, RsembedError, type WeightsRef } from "@rsembed/core";
import { defaultCacheDir, defaultHubDir } from "./cache_dir.ts";
import { downloadFile, type DownloadOptions } from "./download.ts";
import { rememberedSha256 } from "./hash_file.ts";
import { downloadWebFile } from "./download_web.ts";
import { findInHubCache } from "./hub_cache.ts";

/** A checkpoint on this machine. */
export interface LocatedWeights {
  /** Where it lies. */
  readonly path: string;
  /** SHA-256 of the file, hex. */
  readonly sha256: string;
}

/** Options of {@linkcode locateWeights}. */
export interface LocateOptions extends DownloadOptions {
  /** Never reach for the network. @default `HF_HUB_OFFLINE` */
  readonly offline?: boolean;
  /** Folder of rsembed's own cache. @default the user's */
  readonly cacheDir?: string;
}

async function isFile(path: string): Promise<boolean> {
  return await stat(path).then((found) => found.isFile(), () => false);
}

function isOn(value: string | undefined): boolean {
  return ["1", "on", "yes", "true"].includes((value ?? "").toLowerCase());
}

/** Where a user can put a file by hand. */
function placeByHand(cacheDir: string, { repo, file }: WeightsRef): string {
  return join(cacheDir, "weights", ...repo.split("/"), ...file.split("/"));
}

/**
 * Finds weights: the given path; else the file put by hand into rsembed's cache, the Hugging Face cache, or
 * a download: into that of Hugging Face, or, from other servers, into rsembed's own.
 *
 * @param source A path, or where the weights are published
 * @throws {RsembedError} `not-found` for a path without a file; `unavailable` offline, saying which file to put
 * where; `corrupt` for a file of another hash than the card's; else as {@linkcode downloadFile}
 */
export async function locateWeights(
  source: string | WeightsRef,
  options: LocateOptions = {},
): Promise<LocatedWeights> {
  const { cacheDir = defaultCacheDir(), hubDir = defaultHubDir(), signal } = options;
  const hashed = async (path: string) => ({
    path,
    sha256: await rememberedSha256(path, { cacheDir, signal }),
  });
  if (typeof source === "string") {
    if (await isFile(source)) return await hashed(source);
    throw new RsembedError(
      "not-found",
      `Cannot find the weights "${source}": there is no such file`,
      {
        facts: { name: source },
      },
    );
  }
  const byHand = placeByHand(cacheDir, source);
  const present = await isFile(byHand)
    ? byHand
    : source.hub === "web"
    ? null
    : await findInHubCache(hubDir, source);
  if (present !== null) {
    const found = await hashed(present);
    if (source.sha256 !== null && found.sha256 !== source.sha256) {
      throw new RsembedError(
        "corrupt",
        `Cannot use "${present}": its SHA-256 is ${found.sha256}, ${source.sha256} is wanted; remove it`,
        { facts: { source: present } },
      );
    }
    return found;
  }
  const { repo, file, sha256 } = source;
  const from = source.hub === "web"
    ? `from ${source.url}${sha256 ? ` (SHA-256 ${sha256})` : ""}`
    : `on huggingface.co (revision ${source.revision}${sha256 ? `, SHA-256 ${sha256}` : ""})`;
  const hint =
    `put the file "${file}" of ${repo} ${from} at "${byHand}", or name a file with the ` +
    "option weights";
  if (options.offline ?? isOn(process.env["HF_HUB_OFFLINE"])) {
    throw new RsembedError("unavailable", `Cannot find the weights of ${repo} offline: ${hint}`, {
      facts: { resource: repo, permanent: true },
    });
  }
  try {
    if (source.hub !== "web") {
      return await hashed(await downloadFile(source, { ...options, hubDir }));
    }
    await downloadWebFile(source, byHand, options);
    return await hashed(byHand);
  } catch (cause) {
    if (!isRsembedError(cause, "unavailable")) throw cause;
    throw new RsembedError("unavailable", `${cause.message}; without the network, ${hint}`, {
      facts: cause.facts,
      cause,
    });
  }
}
