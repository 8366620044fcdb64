/**
 * Errors of checkpoint readers.
 *
 * @module
 */

import { RsembedError } from "@rsembed/core";

/** Bytes that are not what they claim to be. */
export function corrupt(source: string, state: string, offset?: number): RsembedError<"corrupt"> {
  return new RsembedError("corrupt", `Cannot read checkpoint "${source}": ${state}`, {
    facts: { source, ...(offset === undefined ? {} : { offset }) },
  });
}

/** A file that is sound, and of a kind that is not read. */
export function unsupported(
  source: string,
  feature: string,
  state: string,
): RsembedError<"unsupported"> {
  return new RsembedError("unsupported", `Cannot read checkpoint "${source}": ${state}`, {
    facts: { feature },
  });
}

/** A file that asks for more than any real checkpoint does. */
export function overLimit(
  source: string,
  limit: string,
  { max, actual }: { max: number; actual?: number },
): RsembedError<"limit"> {
  const many = actual === undefined ? "more" : String(actual);
  return new RsembedError(
    "limit",
    `Cannot read checkpoint "${source}": ${many} ${limit}, at most ${max} are allowed`,
    { facts: { limit, max, ...(actual === undefined ? {} : { actual }) } },
  );
}
