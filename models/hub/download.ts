/**
 * Downloads from the hub: resumable, verified, atomic.
 *
 * @module
 */

import { mkdir, readFile, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import {
  type HubWeights,
  retry,
  RsembedError,
  type RunOptions,
  type WeightsRef,
} from "@rsembed/core";
import { defaultHubDir } from "./cache_dir.ts";
import { gitBlobSha1, sha256File } from "./hash_file.ts";
import { fetchRest } from "./fetch_rest.ts";
import { blobPath, publishBlob } from "./hub_cache.ts";
import { ask, fileUrl, type HubConnection, refuseStatus } from "./hub_http.ts";
import { withLock } from "./lock.ts";

/** Options of {@linkcode downloadFile}. */
export interface DownloadOptions extends RunOptions {
  /** Address of the hub. @default `HF_ENDPOINT`, else https://huggingface.co */
  readonly endpoint?: string;
  /** Token for gated models. @default `HF_TOKEN`, else the one that `hf auth login` left */
  readonly token?: string | null;
  /** Folder of the Hugging Face cache. @default as its Python client chooses it */
  readonly hubDir?: string;
  /** Attempts after the first. @default 5 */
  readonly maxRetries?: number;
  /** Wait before the first retry, milliseconds. @default 1000 */
  readonly retryBackoffMs?: number;
  /** A connection that gives nothing for this long is cut, milliseconds. @default 60000 */
  readonly stallMs?: number;
}

/** What the hub says of a file before it sends it. */
interface RemoteFile {
  readonly commit: string;
  readonly etag: string;
  readonly sizeBytes: number | null;
}

async function defaultToken(): Promise<string | null> {
  const { HF_TOKEN, HUGGING_FACE_HUB_TOKEN, HF_TOKEN_PATH, HF_HOME } = process.env;
  const given = HF_TOKEN || HUGGING_FACE_HUB_TOKEN;
  if (given) return given.trim();
  const home = HF_HOME || join(homedir(), ".cache", "huggingface");
  const text = await readFile(HF_TOKEN_PATH || join(home, "token"), "utf8").catch(() => "");
  return text.trim() || null;
}

function plainEtag(value: string | null): string {
  return (value ?? "").replace(/^W\//, "").replace(/^"|"$/g, "");
}

/** Asks the hub what a file is. Redirects within the hub (renamed repositories) are followed, others not. */
async function headFile(ref: HubWeights, connection: HubConnection): Promise<RemoteFile> {
  const response = await ask(fileUrl(connection.endpoint, ref), connection, {
    method: "HEAD",
    follow: (from, to) => from.origin === to.origin,
  });
  await response.body?.cancel();
  const { headers, status } = response;
  if (status >= 400) refuseStatus(response, ref);
  const commit = headers.get("x-repo-commit");
  const etag = plainEtag(headers.get("x-linked-etag") ?? headers.get("etag"));
  if (commit === null || etag === "") {
    throw new RsembedError(
      "corrupt",
      `Cannot download "${ref.file}" of ${ref.repo}: the answer is no hub's`,
      {
        facts: { source: connection.endpoint },
      },
    );
  }
  const length = headers.get("x-linked-size") ??
    (status === 200 ? headers.get("content-length") : null);
  return { commit, etag, sizeBytes: length === null ? ref.sizeBytes : Number(length) };
}

/** Holds a complete file against its hash; one that is wrong is removed. */
export async function verifyFile(
  path: string,
  ref: WeightsRef,
  { etag, ...options }: RunOptions & { readonly etag: string },
): Promise<void> {
  const refuse = async (wanted: string, actual: string) => {
    await rm(path, { force: true });
    throw new RsembedError(
      "corrupt",
      `Cannot use "${ref.file}" of ${ref.repo}: its hash is ${actual}, ${wanted} is wanted; it was removed`,
      { facts: { source: ref.repo } },
    );
  };
  const wanted = ref.sha256 ?? (/^[0-9a-f]{64}$/.test(etag) ? etag : null);
  if (wanted !== null) {
    const actual = await sha256File(path, options);
    if (actual !== wanted) await refuse(wanted, actual);
  } else if (/^[0-9a-f]{40}$/.test(etag)) {
    const actual = await gitBlobSha1(path, options);
    if (actual !== etag) await refuse(etag, actual);
  }
}

/**
 * Downloads a file of the hub into the Hugging Face cache, where its Python client finds it too. What an
 * earlier attempt left is resumed; the file is checked against its SHA-256 (from the card, or the hub's
 * own) before it gets its name; two processes share one download.
 *
 * @returns Path of the file
 * @throws {RsembedError} `not-found`, `auth`, `unavailable` as the hub answers; `corrupt` for a wrong hash or
 * length
 */
export async function downloadFile(
  ref: HubWeights,
  options: DownloadOptions = {},
): Promise<string> {
  const {
    signal,
    onProgress,
    hubDir = defaultHubDir(),
    maxRetries = 5,
    retryBackoffMs = 1000,
    stallMs = 60_000,
  } = options;
  const connection: HubConnection = {
    endpoint: options.endpoint ?? (process.env["HF_ENDPOINT"] || "https://huggingface.co"),
    token: options.token === undefined ? await defaultToken() : options.token,
    signal,
  };
  const again = { maxRetries, backoffMs: retryBackoffMs, signal };
  // a hub out of reach is told soon; a long download may be cut several times
  const remote = await retry(() => headFile(ref, connection), {
    ...again,
    maxRetries: Math.min(2, maxRetries),
  });
  const blob = blobPath(hubDir, ref, remote.etag);
  const partial = `${blob}.incomplete`;
  await mkdir(dirname(blob), { recursive: true });
  await withLock(`${blob}.lock`, { signal }, async () => {
    if (await stat(blob).then(() => true, () => false)) return; // another process was first
    const { sizeBytes } = remote;
    const url = fileUrl(connection.endpoint, ref);
    const rest = { url, sizeBytes, connection, stallMs, onProgress };
    await retry(() => fetchRest(partial, ref, rest), again);
    await verifyFile(partial, ref, { etag: remote.etag, signal });
    await rename(partial, blob);
  });
  return await publishBlob(hubDir, ref, { commit: remote.commit, blob });
}
