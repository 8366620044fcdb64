/**
 * A gate for requests: so many at once, so many a second, none during a pause.
 *
 * @module
 */

import { takeTurn } from "./turn.ts";

/** A gate that calls wait at. */
export interface Limiter {
  /** Calls `fn` when its turn comes, first come first served; rejects with the signal's reason. */
  run<T>(fn: () => Promise<T>, options?: { readonly signal?: AbortSignal | undefined }): Promise<T>;
  /** Lets no call start for some time, as a service that is overrun asks for. */
  pause(ms: number): void;
}

/** Options of {@linkcode createLimiter}. */
export interface LimiterOptions {
  /** Calls in flight at once. */
  readonly concurrency: number;
  /** Calls that start within a second; they start evenly spaced. */
  readonly perSecond: number;
}

/** Longest pause, milliseconds. */
const maxPauseMs = 120_000;

/**
 * A limiter; share one among all who use the same quota.
 *
 * @throws {RangeError} If `concurrency` is not a whole number >= 1, or `perSecond` not positive
 */
export function createLimiter({ concurrency, perSecond }: LimiterOptions): Limiter {
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    throw new RangeError(
      `Cannot allow ${concurrency} requests at once: a whole number >= 1 is wanted`,
    );
  }
  if (!(perSecond > 0)) {
    throw new RangeError(`Cannot allow ${perSecond} requests a second: more than 0 are wanted`);
  }
  const waiting = new Set<() => void>();
  let active = 0;
  let nextStart = 0;
  let timer: ReturnType<typeof setTimeout> | null = null;

  function admit(): void {
    if (timer !== null) return;
    for (const start of waiting) {
      if (active >= concurrency) return;
      const now = performance.now();
      if (now < nextStart) {
        timer = setTimeout(() => {
          timer = null;
          admit();
        }, Math.ceil(nextStart - now));
        return;
      }
      nextStart = now + 1000 / perSecond;
      active++;
      waiting.delete(start);
      start();
    }
  }

  return {
    async run(fn, { signal } = {}) {
      await takeTurn(waiting, admit, signal);
      try {
        return await fn();
      } finally {
        active--;
        admit();
      }
    },
    pause(ms) {
      nextStart = Math.max(nextStart, performance.now() + Math.min(ms, maxPauseMs));
    },
  };
}
