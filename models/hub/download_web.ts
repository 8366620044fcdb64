/**
 * Downloads from servers that are no hub: an address, and what it sends.
 *
 * @module
 */

import { mkdir, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { retry, RsembedError, type WebWeights } from "@rsembed/core";
import { type DownloadOptions, verifyFile } from "./download.ts";
import { fetchRest } from "./fetch_rest.ts";
import { withLock } from "./lock.ts";

/** Servers on this machine may be plain http. */
function isSafe({ protocol, hostname }: URL): boolean {
  return protocol === "https:" ||
    (protocol === "http:" && ["127.0.0.1", "[::1]", "localhost"].includes(hostname));
}

/**
 * Downloads a file to `path`. A connection that is cut is resumed within the call, unless the file changes; the
 * file is held against the card's SHA-256, where there is one, and the announced length before it gets its name.
 *
 * @throws {RsembedError} `not-found`, `auth`, `unavailable` as the server answers, or where it sends a web page;
 * `corrupt` for a wrong hash or length; `spec` for an address that is not https
 */
export async function downloadWebFile(
  ref: WebWeights,
  path: string,
  options: DownloadOptions = {},
): Promise<void> {
  const { signal, onProgress, maxRetries = 5, retryBackoffMs = 1000, stallMs = 60_000 } = options;
  const url = new URL(ref.url);
  if (!isSafe(url)) {
    throw new RsembedError("spec", `Cannot download "${ref.url}": https is wanted`, {
      facts: { field: "weights.url", value: ref.url },
    });
  }
  const partial = `${path}.incomplete`;
  await mkdir(dirname(path), { recursive: true });
  await withLock(`${path}.lock`, { signal }, async () => {
    if (await stat(path).then(() => true, () => false)) return; // another process was first
    // without a hash nothing tells whether an older part belongs to the file of today
    if (ref.sha256 === null) await rm(partial, { force: true });
    let validator: string | null = null;
    await retry(
      async () => {
        validator = await fetchRest(partial, ref, {
          url,
          sizeBytes: ref.sizeBytes,
          connection: { endpoint: url.origin, token: null, signal },
          stallMs,
          onProgress,
          validator,
        });
      },
      { maxRetries, backoffMs: retryBackoffMs, signal },
    );
    await verifyFile(partial, ref, { etag: "", signal });
    await rename(partial, path);
  });
}
