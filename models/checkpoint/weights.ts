/**
 * A checkpoint as a graph sees it: tensors taken by name, each exactly once accounted for.
 *
 * @module
 */

import { allocate, RsembedError, type RunOptions, sizeOf } from "@rsembed/core";
import type { Checkpoint } from "./checkpoint.ts";
import { printable, suggest } from "./refusal.ts";

/** A float32 tensor whose values come when the graph is written; only its shape is known before. */
export interface LazyTensor {
  /** Lengths of its axes. */
  readonly shape: readonly number[];
  /** Its values in C order. */
  load(options?: RunOptions): Promise<Float32Array<ArrayBuffer>>;
}

/** A lazy tensor with values derived from another's. */
export function mapTensor(
  tensor: LazyTensor,
  shape: readonly number[],
  fn: (data: Float32Array<ArrayBuffer>) => Float32Array<ArrayBuffer>,
): LazyTensor {
  return {
    shape,
    async load(options) {
      const data = fn(await tensor.load(options));
      if (data.length !== sizeOf(shape)) {
        throw new RangeError(`Cannot give ${data.length} values the shape (${shape})`);
      }
      return data;
    },
  };
}

/** Some rows of a lazy tensor's first axis, `[start, end)`. */
export function sliceRows(tensor: LazyTensor, start: number, end: number): LazyTensor {
  const [rows = 0, ...rest] = tensor.shape;
  if (!(start >= 0 && start < end && end <= rows)) {
    throw new RangeError(`Cannot take rows ${start} to ${end} of ${rows}`);
  }
  const row = sizeOf(rest);
  return mapTensor(tensor, [end - start, ...rest], (data) => data.slice(start * row, end * row));
}

/** The transpose of a matrix, (R, C) to (C, R). */
export function transposed(tensor: LazyTensor): LazyTensor {
  const [rows, columns] = tensor.shape;
  if (tensor.shape.length !== 2 || rows === undefined || columns === undefined) {
    throw new RangeError(`Cannot transpose a tensor of shape (${tensor.shape}): it is no matrix`);
  }
  return mapTensor(tensor, [columns, rows], (data) => {
    const out = allocate("float32", data.length);
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) out[c * rows + r] = data[r * columns + c]!;
    }
    return out;
  });
}

/** Tensors of a checkpoint under a common prefix; what is taken is remembered. */
export interface Weights {
  /** Path or address of the checkpoint, for messages. */
  readonly source: string;
  /** Whether there is such a key. */
  has(name: string): boolean;
  /** Shape of a key, or `null` where it is missing. */
  shapeOf(name: string): readonly number[] | null;
  /**
   * Takes a tensor. What is missing or has another shape is put on record for {@linkcode Weights.finish}, so
   * that one error can name it all; until then a tensor stands in that has the wanted shape and no values.
   *
   * @param shape The shape it must have; -1 accepts any side
   * @throws {RsembedError} `corrupt`, with all that is on record, if a side that may be any cannot be told
   */
  take(name: string, shape: readonly number[]): LazyTensor;
  /** The same weights seen from under `prefix`. */
  under(prefix: string): Weights;
  /**
   * Checks that every tensor that was asked for is there, and that every key was taken.
   *
   * @param ignore Keys that may be left: known leftovers, with the family's reason in a comment
   * @throws {RsembedError} `corrupt` listing all keys that are missing, have another shape, or were left
   */
  finish(ignore?: readonly RegExp[]): void;
}

/** Options of {@linkcode weightsOf}. */
export interface WeightsOptions {
  /** Prefixes that some publishers put before every key; the first that all keys share is removed. */
  readonly stripPrefixes?: readonly string[];
  /** Renames a key, after prefixes are removed. */
  readonly rename?: (key: string) => string;
}

const maxListed = 40;

/** Keys in a message; `facts` always hold all of them. */
function list(keys: readonly string[]): string {
  const shown = keys.slice(0, maxListed).join(", ");
  return keys.length > maxListed ? `${shown} and ${keys.length - maxListed} more` : shown;
}

function count(n: number): string {
  return n === 1 ? "1 key" : `${n} keys`;
}

/** The prefix that all names share, made of as many of `prefixes` as possible. */
function sharedPrefix(names: readonly string[], prefixes: readonly string[]): string {
  let shared = "";
  for (;;) {
    const more = prefixes.find((prefix) =>
      prefix !== "" && names.length > 0 && names.every((name) => name.startsWith(shared + prefix))
    );
    if (more === undefined) return shared;
    shared += more;
  }
}

/**
 * Opens the accounts of a checkpoint.
 *
 * @throws {RsembedError} `corrupt` if two keys become one by renaming
 *
 * @example Everything that is wrong, at once
 * ```ts
 * import { randomCheckpoint, weightsOf } from "@rsembed/models/checkpoint";
 * import assert from "node:assert/strict";
 *
 * const weights = weightsOf(randomCheckpoint({
 *   keys: {
 *     "norm.weight": { shape: [4], dtype: "float32" },
 *     "head.weight": { shape: [2, 4], dtype: "float32" },
 *   },
 * }));
 * weights.take("norm.weight", [4]);
 * weights.take("norm.bias", [4]);
 * assert.throws(() => weights.finish(), /norm\.bias.*head\.weight/);
 * ```
 */
export function weightsOf(checkpoint: Checkpoint, options: WeightsOptions = {}): Weights {
  const names = [...checkpoint.tensors.keys()];
  const strip = sharedPrefix(names, options.stripPrefixes ?? []);
  const rename = options.rename ?? ((key: string) => key);
  const missing = new Set<string>();
  /** Names of wrong shape, with what is wrong. */
  const misshapen = new Map<string, string>();
  const taken = new Set<string>();
  const stored = new Map<string, string>();
  for (const name of names) {
    const key = rename(name.slice(strip.length));
    if (stored.has(key)) {
      throw failure(`keys ${stored.get(key)} and ${name} both become ${key}`);
    }
    stored.set(key, name);
  }

  function failure(state: string, unused: readonly string[] = []): RsembedError<"corrupt"> {
    return new RsembedError(
      "corrupt",
      printable(`Cannot build the model from "${checkpoint.source}": ${state}`),
      {
        facts: {
          source: checkpoint.source,
          keys: { missing: [...missing], misshapen: [...misshapen.keys()], unused },
        },
      },
    );
  }

  function report(unused: readonly string[] = []): RsembedError<"corrupt"> {
    const parts: string[] = [];
    if (missing.size > 0) {
      const keys = [...missing];
      const near = suggest(keys[0]!, names);
      const hint = near.length > 0 ? `; nearest to ${keys[0]} are ${near.join(", ")}` : "";
      parts.push(`${count(missing.size)} missing: ${list(keys)}${hint}`);
    }
    if (misshapen.size > 0) {
      parts.push(`${count(misshapen.size)} of wrong shape: ${list([...misshapen.values()])}`);
    }
    if (unused.length > 0) {
      parts.push(`${count(unused.length)} used by no part of it: ${list(unused)}`);
    }
    return failure(parts.join("; "), unused);
  }

  function standIn(shape: readonly number[]): LazyTensor {
    if (shape.includes(-1)) throw report();
    return { shape, load: () => Promise.reject(report()) };
  }

  const view = (prefix: string): Weights => ({
    source: checkpoint.source,
    has: (name) => stored.has(prefix + name),
    shapeOf: (name) => checkpoint.tensors.get(stored.get(prefix + name) ?? "")?.shape ?? null,
    take(name, shape) {
      const key = prefix + name;
      const original = stored.get(key);
      const info = original === undefined ? undefined : checkpoint.tensors.get(original);
      if (original === undefined || info === undefined) {
        missing.add(strip + key);
        return standIn(shape);
      }
      taken.add(key);
      const wanted = shape.map((side, axis) => side === -1 ? info.shape[axis] ?? -1 : side);
      if (
        info.shape.length !== shape.length || wanted.some((side, axis) => side !== info.shape[axis])
      ) {
        misshapen.set(original, `${original} is (${info.shape}), (${shape}) is wanted`);
        return standIn(wanted);
      }
      return {
        shape: info.shape,
        load: async (runOptions) => (await checkpoint.read(original, runOptions)).data,
      };
    },
    under: (more) => view(prefix + more),
    finish(ignore = []) {
      const unused = [...stored]
        .filter(([key]) => !taken.has(key) && !ignore.some((pattern) => pattern.test(key)))
        .map(([, name]) => name);
      if (missing.size + misshapen.size + unused.length > 0) throw report(unused);
    },
  });
  return view("");
}
