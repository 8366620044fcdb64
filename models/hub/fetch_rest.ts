/**
 * The body of a download, resumed where an earlier attempt ended.
 *
 * @module
 */

import { open, rm, stat } from "node:fs/promises";
import { errorMessage, RsembedError, type RunOptions, type WeightsRef } from "@rsembed/core";
import { ask, type HubConnection, refuseStatus } from "./hub_http.ts";

/** Rejects when nothing came for `stallMs`. */
async function readChunk(
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
  stallMs: number,
): Promise<ReadableStreamReadResult<Uint8Array<ArrayBuffer>>> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stalled = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing came for ${stallMs} ms`)), stallMs);
  });
  try {
    return await Promise.race([reader.read(), stalled]);
  } finally {
    clearTimeout(timer);
  }
}

/** What to fetch, and how. */
export interface FetchRestOptions extends RunOptions {
  /** Address of the file. */
  readonly url: URL;
  /** Length of the whole file; `null` believes the answer. */
  readonly sizeBytes: number | null;
  /** How to reach it. */
  readonly connection: HubConnection;
  /** A connection that gives nothing for this long is cut, milliseconds. */
  readonly stallMs: number;
  /** ETag of what is there already: the server sends all of it anew if the file has changed. */
  readonly validator?: string | null;
}

/** The length of the whole file, as an answer states it. */
function statedSize(response: Response): number | null {
  const range = /^bytes \d+-\d+\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1];
  const length = response.status === 200 && !response.headers.has("content-encoding")
    ? response.headers.get("content-length")
    : null;
  const size = range ?? length;
  return size === null || size === undefined ? null : Number(size);
}

/**
 * Fetches what is missing of a file behind what is there already.
 *
 * @returns The ETag of the answer, or `null`
 */
export async function fetchRest(
  partial: string,
  ref: WeightsRef,
  { url, connection, stallMs, onProgress, validator, ...known }: FetchRestOptions,
): Promise<string | null> {
  const { signal } = connection;
  let { sizeBytes } = known;
  let done = (await stat(partial).catch(() => ({ size: 0 }))).size;
  if (sizeBytes !== null && done > sizeBytes) {
    await rm(partial, { force: true });
    done = 0;
  }
  if (sizeBytes !== null && done === sizeBytes && done > 0) return validator ?? null;
  const response = await ask(url, connection, {
    method: "GET",
    headers: done > 0
      ? { range: `bytes=${done}-`, ...(validator ? { "if-range": validator } : {}) }
      : {},
    follow: () => true,
  });
  if (response.status === 416) {
    await response.body?.cancel();
    await rm(partial, { force: true });
    throw new RsembedError(
      "unavailable",
      `Cannot resume "${ref.file}" of ${ref.repo}: starting again`,
      {
        facts: { resource: ref.repo, status: 416 },
      },
    );
  }
  if (response.status !== 200 && response.status !== 206) {
    await response.body?.cancel();
    refuseStatus(response, ref);
  }
  if (/^text\/html/.test(response.headers.get("content-type") ?? "")) {
    await response.body?.cancel();
    throw new RsembedError(
      "unavailable",
      `Cannot download "${ref.file}" of ${ref.repo}: ${url.host} sends a web page in its place`,
      { facts: { resource: ref.repo, permanent: true } },
    );
  }
  sizeBytes ??= statedSize(response);
  const start = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1];
  if (response.status === 200 || Number(start) !== done) done = 0; // the server sends all of it
  if (response.status === 206 && Number(start) !== done) {
    await response.body?.cancel();
    await rm(partial, { force: true });
    throw new RsembedError(
      "unavailable",
      `Cannot resume "${ref.file}" of ${ref.repo}: another range came`,
      {
        facts: { resource: ref.repo },
      },
    );
  }
  const file = await open(partial, done > 0 ? "r+" : "w");
  const reader = response.body!.getReader();
  try {
    while (true) {
      signal?.throwIfAborted();
      const { done: ended, value } = await readChunk(reader, stallMs);
      if (ended) break;
      if (sizeBytes !== null && done + value.length > sizeBytes) {
        throw new RsembedError(
          "corrupt",
          `Cannot download "${ref.file}" of ${ref.repo}: more than the ${sizeBytes} bytes announced came`,
          { facts: { source: ref.repo } },
        );
      }
      await file.write(value, 0, value.length, done);
      done += value.length;
      onProgress?.({ stage: "download", file: ref.file, doneBytes: done, totalBytes: sizeBytes });
    }
    await file.sync();
  } catch (cause) {
    await reader.cancel().catch(() => {});
    if (signal?.aborted) throw signal.reason;
    if (cause instanceof RsembedError) throw cause;
    const errno = (cause as { code?: string }).code;
    throw new RsembedError(
      "unavailable",
      `Cannot download "${ref.file}" of ${ref.repo}: cut after ${done} bytes (${
        errorMessage(cause)
      })`,
      {
        facts: {
          resource: ref.repo,
          ...(errno === "ENOSPC" || errno === "EDQUOT" ? { permanent: true, status: errno } : {}),
        },
        cause,
      },
    );
  } finally {
    await file.close();
  }
  if (sizeBytes !== null && done < sizeBytes) {
    throw new RsembedError(
      "unavailable",
      `Cannot download "${ref.file}" of ${ref.repo}: cut after ${done} of ${sizeBytes} bytes`,
      { facts: { resource: ref.repo } },
    );
  }
  return response.headers.get("etag");
}
