/**
 * Work that several callers wait for.
 *
 * @module
 */

import { unlessAborted } from "./requests.ts";

/** Work in progress, or done. */
export interface SharedWork<T> {
  /** Whether it was ended because nobody waited: to be started anew, not joined. */
  readonly isAbandoned: boolean;
  /** Waits for it; rejects with the signal's reason. The work itself ends when nobody waits any more. */
  join(signal?: AbortSignal | undefined): Promise<T>;
}

/**
 * Starts work that any number of callers may join: each may leave, and when the last has left before the
 * end, the work is aborted.
 */
export function shareWork<T>(start: (signal: AbortSignal) => Promise<T>): SharedWork<T> {
  const ending = new AbortController();
  const work = start(ending.signal);
  let waiting = 0, isPending = true;
  const settle = () => {
    if (!ending.signal.aborted) isPending = false;
  };
  // whoever joins hears of an error
  work.then(settle, settle);
  return {
    get isAbandoned() {
      return isPending && ending.signal.aborted;
    },
    async join(signal) {
      waiting++;
      try {
        return await unlessAborted(work, signal);
      } finally {
        waiting--;
        if (waiting === 0) ending.abort(new DOMException("Nobody waits for it", "AbortError"));
      }
    },
  };
}
