/**
 * Options that every long-running call takes, and the progress it reports.
 *
 * @module
 */

/** How far a call has come. `total` is `null` where nobody can know it. */
export type Progress =
  | {
    readonly stage: "download";
    readonly file: string;
    readonly doneBytes: number;
    readonly totalBytes: number | null;
  }
  | {
    readonly stage: "convert";
    readonly model: string;
    readonly doneBytes: number;
    readonly totalBytes: number;
  }
  | { readonly stage: "fetch"; readonly done: number; readonly total: number | null }
  | {
    readonly stage: "infer";
    readonly model: string;
    readonly done: number;
    readonly total: number | null;
  }
  | { readonly stage: "write"; readonly done: number; readonly total: number | null }
  | { readonly stage: "note"; readonly message: string };

/** Options of every call that waits. */
export interface RunOptions {
  /** Stops the call; it then rejects with the signal's `reason`. */
  readonly signal?: AbortSignal | undefined;
  /** Called as work advances. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** Timers of more milliseconds go off at once. */
const longestTimerMs = 2 ** 31 - 1;

/** Resolves after `ms` milliseconds (at most 24 days), or rejects with the signal's reason. */
export function delay(
  ms: number,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, Math.min(ms, longestTimerMs));
    signal?.addEventListener("abort", stop, { once: true });
  });
}
