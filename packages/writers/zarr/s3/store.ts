/**
 * A Zarr hierarchy in a bucket.
 *
 * @module
 */

import { concatBytes, mapPool, RsembedError, type RunOptions } from "@rsembed/core";
import { createReadStream } from "node:fs";
import { unreadable } from "../../disk.ts";
import type { StoreValue, ZarrStore } from "../store.ts";
import { elementOf, elementsOf, type S3Client, s3Client, type S3Options } from "./client.ts";

/** Options of {@linkcode s3Store}. */
export interface S3StoreOptions extends S3Options, RunOptions {
  /** Replace a hierarchy that is already there. @default true */
  readonly overwrite?: boolean | undefined;
  /** Bytes of a part of a long value; S3 takes no less than 5 MiB. @default 16 MiB */
  readonly partBytes?: number | undefined;
}

/** Without it nobody sees a hierarchy: it is written last. */
const rootKey = "zarr.json";

/** Keys that are removed at once. */
const removalsAtOnce = 16;
/** Longest time that a store which was not committed is cleaned up, milliseconds. */
const cleanUpMs = 10_000;

/** Bucket and prefix of `s3://bucket/prefix`. */
export function parseS3Url(url: string): { bucket: string; prefix: string } {
  const [, bucket, prefix = ""] = /^s3:\/\/([^/]+)\/?(.*?)\/*$/.exec(url) ?? [];
  if (bucket && prefix !== "" && !prefix.split("/").some((part) => part === "" || part === "..")) {
    return { bucket, prefix };
  }
  throw new RsembedError(
    "spec",
    `Cannot use "${url}": an address such as s3://bucket/folder/name.zarr is wanted`,
    { facts: { field: "path", value: url } },
  );
}

/**
 * A store in a bucket of S3, or of a service that speaks like it. Long values are sent in parts. The root's
 * metadata comes last, so that nobody sees an unfinished hierarchy; what earlier ones left is removed in the end. A bucket
 * cannot rename: an old hierarchy is hidden when the first value of the new one is written, and is gone if that is never
 * committed. A store that is disposed of before `commit` takes its values away again, as far as that is done in seconds.
 *
 * @param url Such as `s3://bucket/folder/name.zarr`
 * @throws {RsembedError} `exists` if a hierarchy is there and may not be replaced, `auth` and `unavailable` as the
 * service answers, `spec` for an address that is none
 *
 * @example
 * ```ts
 * import { parseS3Url } from "@rsembed/writers/zarr/s3";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(parseS3Url("s3://bucket/a/b.zarr"), { bucket: "bucket", prefix: "a/b.zarr" });
 * ```
 */
export async function s3Store(url: string, options: S3StoreOptions = {}): Promise<ZarrStore> {
  const { bucket, prefix } = parseS3Url(url);
  const { overwrite = true, partBytes = 2 ** 24, signal } = options;
  const client = s3Client(bucket, options);
  const root = await client.ask({ method: "HEAD", key: `${prefix}/${rootKey}`, signal });
  if (root.status !== 404 && !overwrite) {
    throw new RsembedError("exists", `Cannot write "${url}": it is there already`, {
      facts: { path: url },
    });
  }
  let isHidden = root.status === 404;
  /** Readers must not take old metadata for new values. */
  const hideOld = async () => {
    if (isHidden) return;
    isHidden = true;
    await client.ask({ method: "DELETE", key: `${prefix}/${rootKey}`, signal });
  };
  const written = new Set<string>();
  const unfinished = new Set<Upload>();
  let rootBytes: Uint8Array<ArrayBuffer> | null = null;
  let committed = false;

  return {
    async create(key) {
      await hideOld();
      const full = `${prefix}/${key}`;
      // the root is held back until the end, as a whole
      const most = key === rootKey ? Infinity : partBytes;
      const upload = new Upload(client, { key: full, partBytes: most, signal });
      unfinished.add(upload);
      const value: StoreValue = {
        write: (bytes) => upload.write(bytes),
        async close() {
          if (key === rootKey) rootBytes = upload.held();
          else {
            written.add(full);
            await upload.finish();
          }
          unfinished.delete(upload);
        },
      };
      return value;
    },
    async commit() {
      if (!rootBytes) throw new TypeError("Cannot commit a hierarchy without a root");
      written.add(`${prefix}/${rootKey}`);
      await client.ask({ method: "PUT", key: `${prefix}/${rootKey}`, body: rootBytes, signal });
      committed = true;
      // an earlier run may have been killed, and have left no root to tell of it
      const stale = (await keysBelow(client, `${prefix}/`, signal)).filter((key) =>
        !written.has(key)
      );
      await remove(client, stale, signal);
    },
    async [Symbol.asyncDispose]() {
      if (committed && unfinished.size === 0) return;
      // what cannot be cleaned up, or not soon, must not hide the error that led here, nor keep anybody waiting
      const soon = AbortSignal.timeout(cleanUpMs);
      const hurried = s3Client(bucket, { ...options, maxRetries: 0 });
      try {
        for (const upload of unfinished) await upload.abort(hurried, soon);
        if (!committed) await remove(hurried, [...written], soon);
      } catch {
        // the next run over it sweeps
      }
    },
  };
}

/**
 * Puts a file into a bucket, in parts where it is long.
 *
 * @param url Such as `s3://bucket/folder/name.json`
 * @throws {RsembedError} As {@linkcode s3Store}; `unavailable` if the file cannot be read
 */
export async function putFile(
  url: string,
  path: string,
  options: S3StoreOptions = {},
): Promise<void> {
  const { bucket, prefix } = parseS3Url(url);
  const { partBytes = 2 ** 24, signal } = options;
  const client = s3Client(bucket, options);
  const upload = new Upload(client, { key: prefix, partBytes, signal });
  try {
    for await (const bytes of createReadStream(path, { highWaterMark: 2 ** 20 })) {
      await upload.write(bytes as Uint8Array);
    }
    await upload.finish();
  } catch (error) {
    const hurried = s3Client(bucket, { ...options, maxRetries: 0 });
    await upload.abort(hurried, AbortSignal.timeout(cleanUpMs)).catch(() => {});
    throw error instanceof RsembedError || signal?.aborted ? error : unreadable(path, error);
  }
}

/** One value on its way: as a whole, or in parts where it is long. */
class Upload {
  readonly #client: S3Client;
  readonly #key: string;
  readonly #partBytes: number;
  readonly #signal: AbortSignal | undefined;
  #chunks: Uint8Array[] = [];
  #length = 0;
  #uploadId: string | null = null;
  readonly #tags: string[] = [];

  constructor(
    client: S3Client,
    { key, partBytes, signal }: { key: string; partBytes: number; signal: AbortSignal | undefined },
  ) {
    this.#client = client;
    this.#key = key;
    this.#partBytes = partBytes;
    this.#signal = signal;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#chunks.push(bytes.slice());
    this.#length += bytes.length;
    if (this.#length >= this.#partBytes) await this.#sendPart();
  }

  /** What is held, and not sent. */
  held(): Uint8Array<ArrayBuffer> {
    return concatBytes(this.#chunks);
  }

  async #sendPart(): Promise<void> {
    this.#uploadId ??= await this.#begin();
    const number = this.#tags.length + 1;
    const { headers } = await this.#client.ask({
      method: "PUT",
      key: this.#key,
      query: { partNumber: String(number), uploadId: this.#uploadId },
      body: this.held(),
      signal: this.#signal,
    });
    this.#tags.push(headers.get("etag") ?? "");
    this.#chunks = [];
    this.#length = 0;
  }

  async #begin(): Promise<string> {
    const { text } = await this.#client.ask({
      method: "POST",
      key: this.#key,
      query: { uploads: "" },
      signal: this.#signal,
    });
    const id = elementOf(text, "UploadId");
    if (id !== null) return id;
    throw new RsembedError("corrupt", `Cannot write "${this.#key}": the answer has no UploadId`, {
      facts: { source: this.#key },
    });
  }

  async finish(): Promise<void> {
    if (this.#uploadId === null) {
      await this.#client.ask({
        method: "PUT",
        key: this.#key,
        body: this.held(),
        signal: this.#signal,
      });
      return;
    }
    if (this.#length > 0) await this.#sendPart();
    const parts = this.#tags.map((tag, i) =>
      `<Part><PartNumber>${i + 1}</PartNumber><ETag>${tag.replace(/&/g, "&amp;")}</ETag></Part>`
    );
    const body = `<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`;
    const { text } = await this.#client.ask({
      method: "POST",
      key: this.#key,
      query: { uploadId: this.#uploadId },
      body: new TextEncoder().encode(body),
      signal: this.#signal,
    });
    // the service may say 200, and only then find that it failed
    const code = /<Error>/.test(text) ? elementOf(text, "Code") : null;
    if (code !== null) {
      throw new RsembedError("unavailable", `Cannot write "${this.#key}": ${code}`, {
        facts: { resource: this.#key, status: code },
      });
    }
  }

  async abort(client: S3Client, signal: AbortSignal): Promise<void> {
    if (this.#uploadId === null) return;
    const query = { uploadId: this.#uploadId };
    await client.ask({ method: "DELETE", key: this.#key, query, signal });
  }
}

/** Removes keys, several at once. */
async function remove(
  client: S3Client,
  keys: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const one = async (key: string) => void await client.ask({ method: "DELETE", key, signal });
  for await (const _ of mapPool(keys, one, { concurrency: removalsAtOnce, signal })) {
    // each is waited for
  }
}

/** All keys that begin with a prefix. */
async function keysBelow(
  client: S3Client,
  prefix: string,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const keys: string[] = [];
  let token: string | null = null;
  do {
    const query: Record<string, string> = {
      "list-type": "2",
      prefix,
      ...(token === null ? {} : { "continuation-token": token }),
    };
    const { text } = await client.ask({ method: "GET", key: "", query, signal });
    keys.push(...elementsOf(text, "Key"));
    const next = elementOf(text, "IsTruncated") === "true"
      ? elementOf(text, "NextContinuationToken")
      : null;
    token = next === token ? null : next;
  } while (token !== null);
  return keys;
}
