/**
 * Requests with bounds: on time, on bytes, on where they may go.
 *
 * @module
 */

import { errorMessage, isRsembedError, RsembedError } from "@rsembed/core";

/**
 * An address that secrets may be sent to: https, or this machine itself.
 *
 * @throws {RsembedError} `spec` for any other
 */
export function loopbackOrHttps(address: string, field: string): URL {
  let url: URL | null = null;
  try {
    url = new URL(address);
  } catch {
    // said below
  }
  const isLoopback = url !== null && /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url && (url.protocol === "https:" || (url.protocol === "http:" && isLoopback))) return url;
  throw new RsembedError(
    "spec",
    `Cannot send credentials to "${address}": an https address is wanted`,
    {
      facts: { field, value: address },
    },
  );
}

/** Options of {@linkcode withTimeout}. */
export interface TimeoutOptions {
  /** Longest time, milliseconds. */
  readonly timeoutMs: number;
  /** Who is asked, for messages. */
  readonly what: string;
  /** Ends the call with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Calls `fn` with a signal that ends it in time; whatever breaks on the way is `unavailable`.
 *
 * @throws {RsembedError} `unavailable` after the time, and for connections that fail or break
 */
export async function withTimeout<T>(
  { timeoutMs, what, signal }: TimeoutOptions,
  fn: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const stop = () => controller.abort(signal?.reason);
  signal?.addEventListener("abort", stop, { once: true });
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    controller.abort();
  }, timeoutMs);
  try {
    return await fn(controller.signal);
  } catch (cause) {
    signal?.throwIfAborted();
    if (isRsembedError(cause)) throw cause;
    const state = timedOut ? `no answer came within ${timeoutMs} ms` : causes(cause);
    // the error of the runtime is not handed on: it may hold the whole address, with its token
    throw new RsembedError("unavailable", `Cannot reach ${what}: ${state}`, {
      facts: { resource: what },
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}

/** The message of an error and of what caused it: `fetch failed` alone says nothing. */
function causes(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const text = cause === undefined
    ? errorMessage(error)
    : `${errorMessage(error)}, ${errorMessage(cause)}`;
  // queries hold tokens
  return text.replace(/\?[^\s)"']+/g, "?...");
}

/** Waits for what others wait for too: an abort ends the wait with the signal's reason, not the work. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
