/**
 * Decoded blocks of remote files, kept for the places to come.
 *
 * @module
 */

import { type SharedWork, shareWork } from "../http/shared_work.ts";
import type { Samples } from "./blocks.ts";

/** Decoded blocks by name, the least recently used dropped first. */
export interface BlockCache {
  /** The block of that name; made by `make` unless it is there or on its way. */
  get(key: string, make: (signal: AbortSignal) => Promise<Samples>): SharedWork<Samples>;
  /** Whether a block is there, or on its way. */
  has(key: string): boolean;
  /** What was asked for, and how much of it was there. */
  readonly counts: Readonly<{ asked: number; made: number; bytes: number }>;
}

interface Entry {
  readonly work: SharedWork<Samples>;
  /** Bytes held, once they are. */
  bytes: number;
}

/**
 * An empty cache.
 *
 * @param maxBytes Bytes of decoded blocks that are kept; what is on its way comes on top
 */
export function createBlockCache(maxBytes: number): BlockCache {
  // the order of a map is that of insertion: the oldest first
  const entries = new Map<string, Entry>();
  const counts = { asked: 0, made: 0, bytes: 0 };

  function drop(key: string, entry: Entry): void {
    if (entries.get(key) !== entry) return;
    entries.delete(key);
    counts.bytes -= entry.bytes;
  }

  function trim(): void {
    for (const [key, entry] of entries) {
      if (counts.bytes <= maxBytes) return;
      if (entry.bytes > 0) drop(key, entry);
    }
  }

  return {
    counts,
    has: (key) => entries.get(key)?.work.isAbandoned === false,
    get(key, make) {
      counts.asked++;
      const known = entries.get(key);
      if (known && !known.work.isAbandoned) {
        entries.delete(key);
        entries.set(key, known);
        return known.work;
      }
      counts.made++;
      const work = shareWork(async (signal) => {
        try {
          const samples = await make(signal);
          entry.bytes = samples.byteLength;
          if (entries.get(key) === entry) counts.bytes += entry.bytes;
          trim();
          return samples;
        } catch (error) {
          drop(key, entry);
          throw error;
        }
      });
      const entry: Entry = { work, bytes: 0 };
      entries.set(key, entry);
      return work;
    },
  };
}
