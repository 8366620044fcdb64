/**
 * Answers kept by name, each asked for once.
 *
 * @module
 */

import { type SharedWork, shareWork } from "./shared_work.ts";

/** Work by name, in progress or done; the least recently used is forgotten first, what fails at once. */
export interface KeptWork<T> {
  /** The work of a name, begun by `make` unless it is there. */
  get(key: string, make: (signal: AbortSignal) => Promise<T>): SharedWork<T>;
  /** Whether the work of a name is there, or on its way. */
  has(key: string): boolean;
  /** Drops the work of a name; whoever has joined it goes on. */
  forget(key: string): void;
  /** What was asked for, what had to be made, and the size of what is there. */
  readonly counts: Readonly<{ asked: number; made: number; size: number }>;
}

interface Entry<T> {
  readonly work: SharedWork<T>;
  /** `null` until it is done. */
  size: number | null;
}

/**
 * Keeps work.
 *
 * @param maxSize Of all that is kept; what is on its way comes on top
 * @param sizeOf Size of an answer: by default each counts one
 */
export function keepWork<T>(maxSize: number, sizeOf: (answer: T) => number = () => 1): KeptWork<T> {
  // the order of a map is that of insertion: the oldest first
  const entries = new Map<string, Entry<T>>();
  const counts = { asked: 0, made: 0, size: 0 };

  function drop(key: string): void {
    counts.size -= entries.get(key)?.size ?? 0;
    entries.delete(key);
  }

  /** Counts what is done, and drops what was used longest ago. */
  function settle(entry: Entry<T>, answer: T): void {
    entry.size = sizeOf(answer);
    counts.size += entry.size;
    for (const [key, { size }] of entries) {
      if (counts.size <= maxSize) return;
      if (size !== null) drop(key);
    }
  }

  return {
    counts,
    has: (key) => entries.get(key)?.work.isAbandoned === false,
    forget: drop,
    get(key, make) {
      counts.asked++;
      const known = entries.get(key);
      if (known && !known.work.isAbandoned) {
        entries.delete(key);
        entries.set(key, known);
        return known.work;
      }
      drop(key);
      counts.made++;
      const work = shareWork(async (signal) => {
        try {
          const answer = await make(signal);
          // what nobody waited for to the end is begun anew by the next
          if (entries.get(key) === entry && !signal.aborted) settle(entry, answer);
          return answer;
        } catch (error) {
          if (entries.get(key) === entry) drop(key);
          throw error;
        }
      });
      const entry: Entry<T> = { work, size: null };
      entries.set(key, entry);
      return work;
    },
  };
}
