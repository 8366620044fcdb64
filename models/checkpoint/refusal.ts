/**
 * Errors of checkpoint readers.
 *
 * @module
 */

import { nearest, RsembedError } from "@rsembed/core";

/** Names that take part in suggestions: comparing all spellings of a hostile file could take for ever. */
const maxCompared = 5000;

/** The nearest of the names in a file. */
export function suggest(name: string, names: Iterable<string>): string[] {
  const compared: string[] = [];
  for (const other of names) {
    if (other.length <= 200) compared.push(other);
    if (compared.length === maxCompared) break;
  }
  return nearest(name, compared);
}

/** A message without control characters: names in a file could otherwise steer a terminal. */
export function printable(message: string): string {
  // deno-lint-ignore no-control-regex
  return message.replace(/[\u0000-\u001f\u007f-\u009f]/g, "\ufffd");
}

function message(source: string, state: string): string {
  return printable(`Cannot read checkpoint "${source}": ${state}`);
}

/** Bytes that are not what they claim to be. */
export function corrupt(source: string, state: string, offset?: number): RsembedError<"corrupt"> {
  return new RsembedError("corrupt", message(source, state), {
    facts: { source, ...(offset === undefined ? {} : { offset }) },
  });
}

/** A file that is sound, and of a kind that is not read. */
export function unsupported(
  source: string,
  feature: string,
  state: string,
): RsembedError<"unsupported"> {
  return new RsembedError("unsupported", message(source, state), {
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
    message(source, `${many} ${limit}, at most ${max} are allowed`),
    { facts: { limit, max, ...(actual === undefined ? {} : { actual }) } },
  );
}
