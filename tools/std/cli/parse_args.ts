/**
 * Stand-in for `@std/cli/parse-args`.
 *
 * @module
 */

import { addTo, type ArgsObject, hasIn, looksNumeric, setIn } from "./values.ts";

/** Other names of flags. */
export type Aliases = Readonly<Record<string, string | readonly string[]>>;

/** Options of {@linkcode parseArgs}. */
export interface ParseOptions<
  B extends string = string,
  S extends string = string,
  C extends string = string,
  N extends string = string,
  D extends Record<string, unknown> = Record<string, unknown>,
  A extends Aliases = Aliases,
  DD extends boolean = boolean,
> {
  /** Whether what follows `--` goes to `"--"` instead of `_`. @default false */
  readonly "--"?: DD;
  /** Other names of flags; a value is set under all of them. */
  readonly alias?: A;
  /** Flags without a value, `false` if absent; `true` for every `--name` without `=`. */
  readonly boolean?: boolean | B | readonly B[];
  /** Flags that may be repeated: their values in order, `[]` if absent. */
  readonly collect?: C | readonly C[];
  /** Values of absent flags. */
  readonly default?: D;
  /** Flags that `--no-name` sets to `false`. */
  readonly negatable?: N | readonly N[];
  /** Whether everything after the first positional is positional. @default false */
  readonly stopEarly?: boolean;
  /** Flags whose values are never turned into numbers, `""` if the value is missing. */
  readonly string?: S | readonly S[];
  /** Called for positionals and for flags that no option names; `false` drops them. */
  readonly unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

type Flags<B extends string, S extends string, C extends string, N extends string> =
  & { [K in Exclude<B, C>]: boolean }
  & { [K in Extract<B, C>]: boolean[] }
  & { [K in Exclude<S, C>]?: K extends N ? string | false : string }
  & { [K in Extract<S, C>]: string[] }
  & { [K in Exclude<C, B | S>]: unknown[] };

type WithDefaults<F, D> =
  & Omit<F, keyof D>
  & { [K in keyof D]: K extends keyof F ? D[K] | NonNullable<F[K]> : unknown };

type NamesOf<K, A> = K extends keyof A
  ? K | (A[K] extends string ? A[K] : A[K] extends readonly string[] ? A[K][number] : never)
  : K;

/** What {@linkcode parseArgs} returns. */
export type Args<
  B extends string = never,
  S extends string = never,
  C extends string = never,
  N extends string = never,
  D = unknown,
  A = unknown,
  DD = undefined,
> =
  & { _: (string | number)[] }
  & (DD extends true ? { "--": string[] } : unknown)
  & ([B | S | C] extends [never]
    // deno-lint-ignore no-explicit-any -- the real package types unnamed flags so
    ? Record<string, any>
    :
      & Record<string, unknown>
      & {
        [K in keyof WithDefaults<Flags<B, S, C, N>, D> as NamesOf<K, A>]: WithDefaults<
          Flags<B, S, C, N>,
          D
        >[K];
      });

/**
 * Turns command line arguments into values by flag name, and positionals under `_`.
 *
 * A value that starts with `-` must be given as `--name=value`; `--name -value` sets `name` to `true`, or
 * to `""` for a string flag.
 *
 * @example
 * ```ts
 * import { parseArgs } from "@std/cli/parse-args";
 * import assert from "node:assert/strict";
 *
 * const args = parseArgs(["--year=2022", "--tag", "a", "--tag", "b", "-v", "x.tif"], {
 *   boolean: ["verbose"],
 *   string: ["year", "tag"],
 *   collect: ["tag"],
 *   alias: { verbose: "v" },
 * });
 * assert.equal(args.year, "2022");
 * assert.deepEqual(args.tag, ["a", "b"]);
 * assert(args.verbose);
 * assert.deepEqual(args._, ["x.tif"]);
 * ```
 */
export function parseArgs<
  const B extends string = never,
  const S extends string = never,
  const C extends string = never,
  const N extends string = never,
  D extends Record<string, unknown> = Record<never, never>,
  const A extends Aliases = Record<never, never>,
  const DD extends boolean = false,
>(
  args: readonly string[],
  options: ParseOptions<B, S, C, N, D, A, DD> = {},
): Args<B, S, C, N, D, A, DD> {
  const names = groupNames(options.alias ?? {});
  const allBooleans = options.boolean === true;
  const booleans = flagSet(typeof options.boolean === "boolean" ? [] : options.boolean, names);
  const strings = flagSet(options.string, names);
  const collected = flagSet(options.collect, names);
  const negatable = flagSet(options.negatable, names);
  const result: ArgsObject = { _: [] };
  const positionals = result["_"] as (string | number)[];

  function set(key: string, value: string | boolean, arg: string, repeatable = true): void {
    const known = booleans.has(key) || strings.has(key) || names.has(key) ||
      (allBooleans && /^--[^=]+$/.test(arg));
    if (!known && options.unknown?.(arg, key, value) === false) return;
    const typed = typeof value === "string" && !strings.has(key) && looksNumeric(value)
      ? Number(value)
      : value;
    for (const name of names.get(key) ?? [key]) {
      if (repeatable && collected.has(key)) addTo(result, name, typed);
      else setIn(result, name, typed);
    }
  }
  const bare = (key: string): string | boolean => strings.has(key) ? "" : true;

  const end = args.indexOf("--");
  const before = end < 0 ? args : args.slice(0, end);
  const after = end < 0 ? [] : args.slice(end + 1);

  /** Sets a flag that has no `=`; returns whether the next argument was its value. */
  function setWithNext(key: string, arg: string, next: string | undefined, long: boolean): boolean {
    const isFlag = next !== undefined && (long ? next.startsWith("-") : /^--?[^-]/.test(next));
    if (next && !isFlag && !booleans.has(key) && !(long && allBooleans)) {
      set(key, next, arg);
      return true;
    }
    if (next === "true" || next === "false") {
      set(key, next === "true", arg);
      return true;
    }
    set(key, bare(key), arg);
    return false;
  }

  /** Sets the flags of `-abc`; returns the last one if its value may be the next argument. */
  function setShort(arg: string): string | null {
    for (let i = 1; i < arg.length - 1; i++) {
      const letter = arg[i]!;
      const rest = arg.slice(i + 1);
      const isLetter = /[A-Za-z]/.test(letter);
      if (rest === "-") {
        set(letter, rest, arg);
      } else if (isLetter && rest.includes("=")) {
        set(letter, rest.slice(rest.indexOf("=") + 1), arg);
        return null;
      } else if ((isLetter && /\d(\.\d*)?(e-?\d+)?$/.test(rest)) || /^\W./s.test(rest)) {
        set(letter, rest, arg);
        return null;
      } else {
        set(letter, bare(letter), arg);
      }
    }
    const last = arg.at(-1)!;
    return last === "-" ? null : last;
  }

  for (let i = 0; i < before.length; i++) {
    const arg = before[i]!;
    const next = before[i + 1];
    if (arg.startsWith("--")) {
      const equals = arg.indexOf("=", 3);
      const hasValue = equals > 0 && equals < arg.length - 1;
      const name = hasValue ? arg.slice(2, equals) : arg.slice(2);
      const value = hasValue ? arg.slice(equals + 1) : undefined;
      const negated = name.startsWith("no-") ? name.slice(3) : null;
      if (value !== undefined) set(name, booleans.has(name) ? toBoolean(value) : value, arg);
      else if (negated !== null && negatable.has(negated)) set(negated, false, arg, false);
      else if (setWithNext(name, arg, next, true)) i++;
    } else if (arg.startsWith("-") && arg.length > 1) {
      const last = setShort(arg);
      if (last !== null && setWithNext(last, arg, next, false)) i++;
    } else {
      if (options.unknown?.(arg) !== false) {
        positionals.push(!strings.has("_") && looksNumeric(arg) ? Number(arg) : arg);
      }
      if (options.stopEarly) {
        positionals.push(...before.slice(i + 1));
        break;
      }
    }
  }

  for (const [key, value] of Object.entries(options.default ?? {})) {
    if (hasIn(result, key)) continue;
    for (const name of names.get(key) ?? [key]) setIn(result, name, value);
  }
  for (const key of new Set([...booleans, ...strings])) {
    if (hasIn(result, key)) continue;
    if (collected.has(key)) setIn(result, key, []);
    else if (booleans.has(key)) setIn(result, key, false);
  }
  if (options["--"]) result["--"] = [...after];
  else positionals.push(...after);
  return result as Args<B, S, C, N, D, A, DD>;
}

/** Every name of a flag, by each of its names. */
function groupNames(alias: Aliases): Map<string, readonly string[]> {
  const groups = new Map<string, readonly string[]>();
  for (const [key, others] of Object.entries(alias)) {
    const group = [key, ...(typeof others === "string" ? [others] : others)];
    for (const name of group) groups.set(name, [name, ...group.filter((other) => other !== name)]);
  }
  return groups;
}

function flagSet(
  flags: string | readonly string[] | undefined,
  names: ReadonlyMap<string, readonly string[]>,
): Set<string> {
  const list = flags === undefined ? [] : typeof flags === "string" ? [flags] : flags;
  return new Set(list.flatMap((flag) => names.get(flag) ?? [flag]));
}

function toBoolean(value: string): boolean {
  return value !== "false";
}
