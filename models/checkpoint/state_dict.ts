/**
 * Where the weights are in what a training run saved.
 *
 * @module
 */

import { RsembedError } from "@rsembed/core";
import { PickledGlobal, PickledObject, PickledTensor, type PickleValue } from "./pickle_value.ts";
import { corrupt, overLimit, printable, suggest, unsupported } from "./refusal.ts";

type Dict = Map<PickleValue, PickleValue>;

/**
 * Keys under which training code keeps the weights, likeliest first.
 *
 * Source: Lightning (`state_dict`), timm and MAE (`model`), DeepSpeed and FairScale (`module`), DINO
 * (`teacher` before `student`: the averaged weights are those that are published).
 */
const wrappers = [
  "state_dict",
  "model_state_dict",
  "model_state",
  "model",
  "module",
  "teacher",
  "student",
  "net",
  "network",
  "weights",
  "params",
];

const maxDepth = 32;
const maxVisits = 1_000_000;
const maxPlainNodes = 100_000;
const maxNameLength = 1000;

/** The weights of a pickle, and what lies beside them. */
export interface StateDict {
  /** Keys from the top to the dict that was taken. */
  readonly root: readonly string[];
  readonly tensors: ReadonlyMap<string, PickledTensor>;
  /** Entries that are neither tensors nor plain values: their names and classes. */
  readonly refused: ReadonlyMap<string, string>;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/**
 * Finds the state dict of a pickled object and flattens it.
 *
 * @param root Keys to follow; `null` to look for the usual ones
 * @throws {RsembedError} `unsupported` if it is no dict, `not-found` if `root` leads nowhere, `corrupt` if two
 * tensors have the same name, `limit` if dicts are nested too deep
 */
export function findStateDict(
  top: PickleValue,
  { source, root }: { source: string; root: readonly string[] | null },
): StateDict {
  if (!(top instanceof Map)) {
    const what = top instanceof PickledObject
      ? `a pickled ${top.path} object`
      : top instanceof PickledTensor
      ? "a single tensor"
      : "no dict";
    throw unsupported(
      source,
      what,
      `it holds ${what}, a dict of tensors (as from model.state_dict()) is wanted`,
    );
  }
  const path = root ?? usualRoot(top, source);
  const chosen = follow(top, path, source);
  const { tensors, refused } = flatten(chosen, source);
  return { root: path, tensors, refused, metadata: plainDict(top, chosen) };
}

function follow(top: Dict, path: readonly string[], source: string): Dict {
  let dict = top;
  path.forEach((key, i) => {
    const next = dict.get(key);
    if (!(next instanceof Map)) {
      const names = [...dict].filter(([name, value]) =>
        typeof name === "string" && value instanceof Map
      ).map(([name]) => name as string);
      throw new RsembedError(
        "not-found",
        printable(
          `Cannot read checkpoint "${source}": it has no dict at ${
            path.slice(0, i + 1).join(" > ")
          }` +
            (names.length > 0 ? `, there are ${names.slice(0, 12).join(", ")}` : ""),
        ),
        { facts: { name: key, nearest: suggest(key, names) } },
      );
    }
    dict = next;
  });
  return dict;
}

function usualRoot(top: Dict, source: string): string[] {
  const path: string[] = [];
  let dict = top;
  while (path.length < 4) {
    const found = wrappers.find((key) => holdsTensors(dict.get(key), source));
    if (found === undefined) break;
    path.push(found);
    dict = dict.get(found) as Dict;
  }
  return path;
}

function holdsTensors(value: PickleValue | undefined, source: string): boolean {
  if (!(value instanceof Map)) return false;
  // each dict once: they may refer to one another
  const seen = new Set<Dict>([value]);
  for (const dict of seen) {
    for (const entry of dict.values()) {
      if (entry instanceof PickledTensor) return true;
      if (entry instanceof Map) seen.add(entry);
    }
    if (seen.size > maxVisits) throw overLimit(source, "nested dicts", { max: maxVisits });
  }
  return false;
}

function flatten(top: Dict, source: string): Pick<StateDict, "tensors" | "refused"> {
  const tensors = new Map<string, PickledTensor>();
  const refused = new Map<string, string>();
  let visits = 0;
  const walk = (dict: Dict, prefix: string, depth: number): void => {
    if (depth > maxDepth) throw overLimit(source, "levels of nested dicts", { max: maxDepth });
    for (const [key, value] of dict) {
      if (++visits > maxVisits) {
        throw overLimit(source, "entries of nested dicts", { max: maxVisits });
      }
      if (typeof key !== "string" && typeof key !== "number") continue;
      const name = `${prefix}${key}`;
      if (name.length > maxNameLength) {
        throw overLimit(source, "characters in a name", { max: maxNameLength });
      }
      if (value instanceof Map) walk(value, `${name}.`, depth + 1);
      else if (value instanceof PickledObject) refused.set(name, value.path);
      else if (value instanceof PickledTensor) {
        if (tensors.has(name)) throw corrupt(source, `it has two tensors with the name ${name}`);
        tensors.set(name, value);
      }
    }
  };
  walk(top, "", 0);
  return { tensors, refused };
}

/** Plain values of a dict, without tensors and without the state dict; what is too deep or too much is left out. */
function plainDict(top: Dict, chosen: Dict): Record<string, unknown> {
  let nodes = 0;
  const plain = (value: PickleValue, depth: number): unknown => {
    if (++nodes > maxPlainNodes || depth > maxDepth) return undefined;
    if (value instanceof Map) return value === chosen && depth > 0 ? undefined : dict(value, depth);
    if (Array.isArray(value)) {
      return value.map((item) => plain(item, depth + 1)).filter((item) => item !== undefined);
    }
    if (value instanceof PickledGlobal) return value.path;
    if (value instanceof PickledObject) {
      const parts: Dict = new Map<PickleValue, PickleValue>([["class", value.path]]);
      if (value.args.length > 0) parts.set("args", value.args);
      if (value.state !== null) parts.set("state", value.state);
      return dict(parts, depth);
    }
    return value === null || typeof value !== "object" ? value : undefined;
  };
  const dict = (map: Dict, depth: number): Record<string, unknown> => {
    const entries: [string, unknown][] = [];
    for (const [key, value] of map) {
      if (++nodes > maxPlainNodes) break;
      if (typeof key !== "string" && typeof key !== "number") continue;
      const converted = plain(value, depth + 1);
      if (converted !== undefined) entries.push([String(key), converted]);
    }
    return Object.fromEntries(entries);
  };
  return dict(top, 0);
}
