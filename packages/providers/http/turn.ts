/**
 * Waiting in line.
 *
 * @module
 */

/**
 * Takes a place at the end of a line, and waits until `admit` calls it.
 *
 * @param waiting The line; whoever is admitted is taken out by `admit`
 * @param admit Lets in as many as may start now
 */
export function takeTurn(
  waiting: Set<() => void>,
  admit: () => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      waiting.delete(start);
      reject(signal?.reason);
    };
    const start = () => {
      signal?.removeEventListener("abort", stop);
      resolve();
    };
    signal?.addEventListener("abort", stop, { once: true });
    waiting.add(start);
    admit();
  });
}
