/**
 * The command line, read by the table of commands.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { nearest, RsembedError } from "@rsembed/core";
import type { CommandDefinition, OptionDefinition } from "./definitions.ts";

/** A command line that cannot be meant. */
export function usageError(
  message: string,
  field: string,
  near: readonly string[] = [],
): RsembedError {
  const hint = near.length > 0 ? `, did you mean ${near.join(" or ")}` : "";
  return new RsembedError("spec", `${message}${hint}`, { facts: { field } });
}

/** The options given, by name. */
export class Arguments {
  readonly positionals: readonly string[];
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(values: ReadonlyMap<string, readonly string[]>, positionals: readonly string[]) {
    this.#values = values;
    this.positionals = positionals;
  }

  /** Whether a switch is on. */
  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** All values of an option. */
  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /** The value of an option, or `undefined`. */
  text(name: string): string | undefined {
    return this.#values.get(name)?.[0];
  }

  /**
   * The value of a numeric option, or `undefined`.
   *
   * @throws {RsembedError} `spec` if it is no number
   */
  number(name: string): number | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : parseNumber(text, `--${name}`);
  }

  /**
   * The value of an option with a closed set of values, or `undefined`.
   *
   * @throws {RsembedError} `spec` if it is another
   */
  choice<const C extends string>(name: string, choices: readonly C[]): C | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const found = choices.find((choice) => choice === text);
    if (found !== undefined) return found;
    throw usageError(`Cannot use --${name} "${text}": it is one of ${choices.join(", ")}`, name);
  }
}

/** A finite number. */
export function parseNumber(text: string, field: string): number {
  const n = text.trim() === "" ? NaN : Number(text);
  if (!Number.isFinite(n)) {
    throw usageError(`Cannot read ${field} "${text}": it is no number`, field);
  }
  return n;
}

/** `count` numbers between commas. */
export function parseNumbers(text: string, count: number, field: string): number[] {
  const parts = text.split(",");
  if (parts.length !== count) {
    throw usageError(
      `Cannot read ${field} "${text}": it has ${parts.length} parts, ${count} are wanted`,
      field,
    );
  }
  return parts.map((part) => parseNumber(part, field));
}

/**
 * Joins `--name -12.5,3` into `--name=-12.5,3`: western and southern coordinates begin with a minus, which
 * a parser would take for another option.
 */
function joinNegatives(args: readonly string[], options: readonly OptionDefinition[]): string[] {
  const takesValue = new Set(options.filter(({ value }) => value).map(({ name }) => `--${name}`));
  const out: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const next = args[i + 1];
    if (takesValue.has(args[i]!) && next !== undefined && /^-[\d.]/.test(next)) {
      out.push(`${args[i]}=${next}`);
      i++;
    } else {
      out.push(args[i]!);
    }
  }
  return out;
}

/**
 * Reads the arguments of a command.
 *
 * @throws {RsembedError} `spec` for unknown or repeated options, missing values, and the wrong number of
 * positional arguments
 */
export function parseCommand(command: CommandDefinition, args: readonly string[]): Arguments {
  const options = command.groups.flatMap(({ options }) => options);
  const valued = options.filter(({ value }) => value !== undefined).map(({ name }) => name);
  const switches = options.filter(({ value }) => value === undefined).map(({ name }) => name);
  const aliases = Object.fromEntries(
    options.flatMap(({ name, alias }) => alias ? [[name, alias] as const] : []),
  );
  const parsed = parseArgs(joinNegatives(args, options), {
    string: [...valued, "_"],
    boolean: switches,
    collect: valued,
    alias: aliases,
    unknown: (arg, key) => {
      if (key === undefined) return true;
      const near = nearest(key, [...valued, ...switches]).map((name) => `--${name}`);
      throw usageError(
        `Cannot use ${arg.split("=")[0]}: ${command.name} has no such option`,
        key,
        near,
      );
    },
  }) as Readonly<Record<string, unknown>> & { readonly _: readonly (string | number)[] };

  const values = new Map<string, readonly string[]>();
  for (const { name, value, repeat } of options) {
    if (value === undefined) {
      if (parsed[name] === true) values.set(name, []);
      continue;
    }
    const given = (parsed[name] as readonly string[] | undefined ?? []).map(String);
    if (given.length === 0) continue;
    if (given.length > 1 && !repeat) throw usageError(`Cannot use --${name} twice`, name);
    if (given.some((text) => text === "")) {
      throw usageError(`Cannot use --${name}: it needs ${value}`, name);
    }
    values.set(name, given);
  }
  const positionals = parsed._.map(String);
  const [least, most] = command.positionals;
  if (!values.has("help") && (positionals.length < least || positionals.length > most)) {
    const state = positionals.length < least
      ? "something is missing"
      : `"${positionals[most]}" is one argument too many`;
    throw usageError(
      `Cannot run ${command.name}: ${state}; usage: rsembed ${command.name} ${command.usage}`,
      command.name,
    );
  }
  return new Arguments(values, positionals);
}
