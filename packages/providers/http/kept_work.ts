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
  /** Drops the work of a name; whoever has joined it goes on. */
  forget(key: string): void;
}

/**
 * Keeps work.
 *
 * @param maxEntries Names that are kept
 */
export function keepWork<T>(maxEntries: number): KeptWork<T> {
  // the order of a map is that of insertion: the oldest first
  const entries = new Map<string, SharedWork<T>>();
  return {
    forget: (key) => void entries.delete(key),
    get(key, make) {
      const known = entries.get(key);
      if (known && !known.isAbandoned) {
        entries.delete(key);
        entries.set(key, known);
        return known;
      }
      const work = shareWork(async (signal) => {
        try {
          return await make(signal);
        } catch (error) {
          if (entries.get(key) === work) entries.delete(key);
          throw error;
        }
      });
      entries.set(key, work);
      if (entries.size > maxEntries) entries.delete(entries.keys().next().value!);
      return work;
    },
  };
}
