/**
 * Bounded, pull-driven concurrency.
 *
 * @module
 */

/** Options of {@linkcode mapPool}. */
export interface MapPoolOptions {
  /** Calls in flight at once. */
  readonly concurrency: number;
  /** Ends the iteration with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Maps items with at most `concurrency` calls in flight, giving results in the order of the items.
 * Nothing is taken from `items` before a result is asked for, and never more than `concurrency` items
 * ahead of the results taken, so memory is bounded however slow the consumer is.
 *
 * The first error ends the iteration, once the calls in flight have settled. Leaving the loop early
 * closes `items`.
 *
 * @throws {RangeError} If `concurrency` is not a whole number >= 1
 *
 * @example
 * ```ts
 * import { mapPool } from "@rsembed/core";
 * import assert from "node:assert/strict";
 *
 * const doubled: number[] = [];
 * for await (const n of mapPool([1, 2, 3], (n) => Promise.resolve(2 * n), { concurrency: 2 })) {
 *   doubled.push(n);
 * }
 * assert.deepEqual(doubled, [2, 4, 6]);
 * ```
 */
export async function* mapPool<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  fn: (item: T, index: number) => Promise<R>,
  { concurrency, signal }: MapPoolOptions,
): AsyncGenerator<R, void, undefined> {
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    throw new RangeError(
      `Cannot run ${concurrency} calls at once: concurrency is a whole number >= 1`,
    );
  }
  const source = Symbol.asyncIterator in items
    ? items[Symbol.asyncIterator]()
    : items[Symbol.iterator]();
  const running: Promise<R>[] = [];
  let index = 0;
  let exhausted = false;
  try {
    while (true) {
      while (!exhausted && running.length < concurrency) {
        signal?.throwIfAborted();
        const next = await source.next();
        if (next.done) {
          exhausted = true;
          break;
        }
        const call = fn(next.value, index++);
        call.catch(() => {}); // reported when its turn comes
        running.push(call);
      }
      const first = running.shift();
      if (first === undefined) return;
      let result: R;
      try {
        result = await first;
      } catch (error) {
        // calls that an abort stopped may say so in their own words
        signal?.throwIfAborted();
        throw error;
      }
      signal?.throwIfAborted();
      yield result;
    }
  } finally {
    await Promise.allSettled(running);
    if (!exhausted) await source.return?.();
  }
}
