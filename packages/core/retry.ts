/**
 * Trying again, where that can help.
 *
 * @module
 */

import { isRsembedError } from "./errors.ts";
import { delay } from "./options.ts";

/** Options of {@linkcode retry}. */
export interface RetryOptions {
  /** Attempts after the first. @default 0 */
  readonly maxRetries?: number;
  /** Wait before the first retry, doubled for each further one, milliseconds. @default 0 */
  readonly backoffMs?: number;
  /** Longest wait, milliseconds. @default 60000 */
  readonly maxBackoffMs?: number;
  /** Whether an error is worth another attempt. @default `unavailable` errors that are not permanent */
  readonly isRetryable?: (error: unknown) => boolean;
  /** Ends calls and waits with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Longest wait that a service may ask for, milliseconds; where it asks for more, its error is thrown. */
const maxAskedMs = 120_000;

/** Whether asking again may help: `unavailable`, and not for good. */
export function isTransient(error: unknown): boolean {
  return isRsembedError(error, "unavailable") && error.facts.permanent !== true;
}

/**
 * Calls `fn` until it succeeds, retries run out, or an error comes that no retry would mend. Waits grow
 * exponentially with jitter in [0.5, 1], and are never shorter than the service's `retryAfterMs`; one that asks for
 * more than two minutes is not asked again.
 *
 * @example
 * ```ts
 * import { retry, RsembedError } from "@rsembed/core";
 * import assert from "node:assert/strict";
 *
 * let calls = 0;
 * const flaky = () => {
 *   if (++calls < 3) {
 *     throw new RsembedError("unavailable", "Cannot reach it", { facts: { resource: "it" } });
 *   }
 *   return Promise.resolve("done");
 * };
 * assert.equal(await retry(flaky, { maxRetries: 2 }), "done");
 * assert.equal(calls, 3);
 * ```
 */
export async function retry<T>(
  fn: (attempt: number) => Promise<T>,
  options: RetryOptions = {},
): Promise<T> {
  const { maxRetries = 0, backoffMs = 0, maxBackoffMs = 60_000, signal } = options;
  const isRetryable = options.isRetryable ?? isTransient;
  for (let attempt = 0;; attempt++) {
    signal?.throwIfAborted();
    try {
      return await fn(attempt);
    } catch (error) {
      signal?.throwIfAborted();
      if (attempt >= maxRetries || !isRetryable(error)) throw error;
      const grown = Math.min(maxBackoffMs, backoffMs * 2 ** attempt) * (0.5 + Math.random() / 2);
      const asked = isRsembedError(error, "unavailable") ? error.facts.retryAfterMs ?? 0 : 0;
      // whoever called may know better what to do with an hour
      if (asked > maxAskedMs) throw error;
      await delay(Math.max(grown, asked), { signal });
    }
  }
}
