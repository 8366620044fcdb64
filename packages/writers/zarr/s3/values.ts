/**
 * Values in a bucket, read.
 *
 * @module
 */

import { isRsembedError, type RunOptions } from "@rsembed/core";
import type { ValueRange, ZarrValues } from "../values.ts";
import { s3Client, type S3Options } from "./client.ts";
import { parseS3Url } from "./store.ts";

/** Options of {@linkcode s3Values}. */
export interface S3ValuesOptions extends S3Options, RunOptions {
  /** Longest value, or part of one, that is read, bytes. @default 256 MiB */
  readonly maxBytes?: number | undefined;
}

/**
 * A value in a bucket of S3, or of a service that speaks like it; `undefined` if it is not there.
 *
 * @param url Such as `s3://bucket/folder/name.json`
 * @throws {RsembedError} As {@linkcode s3Values}
 */
export async function getFile(
  url: string,
  options: S3ValuesOptions = {},
): Promise<Uint8Array | undefined> {
  const { bucket, prefix } = parseS3Url(url);
  return await getter(bucket, options)(prefix);
}

/**
 * The values below an address, in a bucket of S3 or of a service that speaks like it.
 *
 * @param url Such as `s3://bucket/folder/name.zarr`
 * @throws {RsembedError} `spec` for an address that is none, `auth` if there are no credentials; values throw as the
 * service answers
 *
 * @example
 * ```ts
 * import { s3Values } from "@rsembed/writers/zarr/s3";
 * import assert from "node:assert/strict";
 *
 * const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
 * const values = s3Values("s3://bucket/a.zarr", { credentials });
 * assert.equal(typeof values.get, "function"); // await values.get("/zarr.json")
 * ```
 */
export function s3Values(url: string, options: S3ValuesOptions = {}): ZarrValues {
  const { bucket, prefix } = parseS3Url(url);
  const get = getter(bucket, options);
  return {
    get: (key) => get(`${prefix}${key}`),
    async getRange(key, range: ValueRange) {
      if ("suffixLength" in range) {
        return await get(`${prefix}${key}`, `bytes=-${range.suffixLength}`);
      }
      const { offset, length } = range;
      const bytes = await get(`${prefix}${key}`, `bytes=${offset}-${offset + length - 1}`);
      if (bytes && bytes.length !== length) {
        throw new RangeError(
          `it gives ${bytes.length} of the bytes ${offset} to ${offset + length}`,
        );
      }
      return bytes;
    },
  };
}

/** Gives values of a bucket by their keys, or parts of them. */
function getter(
  bucket: string,
  options: S3ValuesOptions,
): (key: string, range?: string) => Promise<Uint8Array | undefined> {
  const { maxBytes = 2 ** 28, signal } = options;
  const client = s3Client(bucket, options);
  return async (key, range) => {
    try {
      const headers = range === undefined ? {} : { range };
      const { bytes } = await client.ask({ method: "GET", key, headers, maxBytes, signal });
      return bytes;
    } catch (error) {
      if (isRsembedError(error, "not-found")) return undefined;
      throw error;
    }
  };
}
