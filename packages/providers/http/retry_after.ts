/**
 * When a service says it is worth asking again.
 *
 * @module
 */

/** Milliseconds of a `Retry-After` header, in seconds or as a date; `undefined` where it says nothing. */
export function retryAfterMs(value: string | null): number | undefined {
  if (value === null) return undefined;
  const seconds = Number(value);
  const ms = Number.isFinite(seconds) ? 1000 * seconds : Date.parse(value) - Date.now();
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}
