/**
 * What answers of HTTP say.
 *
 * @module
 */

import { concatBytes } from "./bytes.ts";
import { RsembedError } from "./errors.ts";

/**
 * Milliseconds of a `Retry-After` header, in seconds or as a date; `undefined` where it says nothing.
 *
 * @example
 * ```ts
 * import { retryAfterMs } from "@rsembed/core";
 * import assert from "node:assert/strict";
 *
 * assert.equal(retryAfterMs("2"), 2000);
 * assert.equal(retryAfterMs(null), undefined);
 * ```
 */
export function retryAfterMs(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? 1000 * seconds : Date.parse(header) - Date.now();
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}

/** What an answer says about asking again, as facts of an `unavailable` error. */
export interface StatusFacts {
  /** Of HTTP. */
  readonly status: number;
  /** Wait that the service asks for, milliseconds. */
  readonly retryAfterMs?: number;
  /** Asking again does not help. */
  readonly permanent?: true;
}

/**
 * What a status of HTTP says about asking again: 408, 429 and 5xx may pass.
 *
 * @param retryAfter The header `Retry-After`
 *
 * @example
 * ```ts
 * import { statusFacts } from "@rsembed/core";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(statusFacts(503, "1"), { status: 503, retryAfterMs: 1000 });
 * assert.deepEqual(statusFacts(410), { status: 410, permanent: true });
 * ```
 */
export function statusFacts(status: number, retryAfter: string | null = null): StatusFacts {
  const after = retryAfterMs(retryAfter);
  const mayPass = status === 408 || status === 429 || status >= 500;
  return {
    status,
    ...(after === undefined ? {} : { retryAfterMs: after }),
    ...(mayPass ? {} : { permanent: true }),
  };
}

/** What {@linkcode boundedBody} does with what is too long. */
export interface BoundedBodyOptions {
  /** Leave out what is over the bound, rather than refuse it. */
  readonly cut?: boolean;
}

/**
 * The bytes of an answer, of which no more is held than the bound and one chunk.
 *
 * @param maxBytes Bytes at most, after decompression
 * @throws {RsembedError} `corrupt` if there are more, unless the rest may be `cut`
 *
 * @example
 * ```ts
 * import { boundedBody } from "@rsembed/core";
 * import assert from "node:assert/strict";
 *
 * const bytes = await boundedBody(new Response("four"), 1024);
 * assert.equal(bytes.length, 4);
 * await assert.rejects(boundedBody(new Response("four"), 3), { code: "corrupt" });
 * ```
 */
export async function boundedBody(
  response: Response,
  maxBytes: number,
  { cut = false }: BoundedBodyOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let total = 0;
  const reader = response.body?.getReader();
  while (reader) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    total += value.length;
    if (total <= maxBytes) continue;
    await reader.cancel();
    if (cut) break;
    const source = URL.canParse(response.url) ? new URL(response.url).host : "a service";
    throw new RsembedError(
      "corrupt",
      `Cannot read the answer of ${source}: it has more than ${maxBytes} bytes`,
      { facts: { source } },
    );
  }
  const all = chunks.length === 1 ? chunks[0]! : concatBytes(chunks);
  return all.subarray(0, maxBytes);
}
