/**
 * How many requests a host gets at once: fewer when it says that it has too many.
 *
 * @module
 */

import { isRsembedError } from "@rsembed/core";
import { takeTurn } from "./turn.ts";

/** Calls that wait for their turn at a host. */
export interface HostGate {
  /** Calls `fn` when its turn comes, first come first served; rejects with the signal's reason. */
  run<T>(fn: () => Promise<T>, options?: { readonly signal?: AbortSignal | undefined }): Promise<T>;
  /** Calls that may be in flight at once now. */
  readonly width: number;
}

/** Successes after which a host gets one call more at once. */
const successesToWiden = 32;

/** Whether an error says that a host is overrun, or does not keep up. */
function isOverrun(error: unknown): boolean {
  if (!isRsembedError(error, "unavailable")) return false;
  const { status } = error.facts;
  return status === undefined || status === 429 || status === 503;
}

/**
 * A gate that is halved by each sign of overrun (429, 503, timeouts, cut connections), and grows back by
 * one every 32 successes.
 *
 * @param maxWidth Calls in flight at once, at most and at first
 */
export function createHostGate(maxWidth: number): HostGate {
  if (!Number.isSafeInteger(maxWidth) || maxWidth < 1) {
    throw new RangeError(
      `Cannot allow ${maxWidth} requests at once: a whole number >= 1 is wanted`,
    );
  }
  const waiting = new Set<() => void>();
  let active = 0, width = maxWidth, successes = 0;

  function admit(): void {
    for (const start of waiting) {
      if (active >= width) return;
      active++;
      waiting.delete(start);
      start();
    }
  }

  return {
    get width() {
      return width;
    },
    async run(fn, { signal } = {}) {
      await takeTurn(waiting, admit, signal);
      try {
        const result = await fn();
        if (++successes >= successesToWiden) {
          successes = 0;
          width = Math.min(maxWidth, width + 1);
        }
        return result;
      } catch (error) {
        if (isOverrun(error)) {
          successes = 0;
          width = Math.max(1, width >> 1);
        }
        throw error;
      } finally {
        active--;
        admit();
      }
    },
  };
}
