/**
 * A checkpoint as a graph sees it: tensors taken by name, each exactly once accounted for.
 *
 * @module
 */

import { allocate, nearest, RsembedError, sizeOf } from "@rsembed/core";
import type { Checkpoint } from "./checkpoint.ts";

/** A float32 tensor whose values come when the graph is written; only its shape is known before. */
export interface LazyTensor {
  readonly shape: readonly number[];
  load(): Promise<Float32Array<ArrayBuffer>>;
}

/** A lazy tensor with values derived from another's. */
export function mapTensor(
  tensor: LazyTensor,
  shape: readonly number[],
  fn: (data: Float32Array<ArrayBuffer>) => Float32Array<ArrayBuffer>,
): LazyTensor {
  return {
    shape,
    async load() {
      const data = fn(await tensor.load());
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
   * Takes a tensor.
   *
   * @param shape The shape it must have; -1 accepts any side
   * @throws {RsembedError} `corrupt` if it is missing or has another shape
   */
  take(name: string, shape: readonly number[]): LazyTensor;
  /** The same weights seen from under `prefix`. */
  under(prefix: string): Weights;
  /**
   * Checks that every key was taken.
   *
   * @param ignore Keys that may be left: known leftovers, with the family's reason in a comment
   * @throws {RsembedError} `corrupt` listing the keys that nobody took
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

function list(keys: readonly string[]): string {
  const shown = keys.slice(0, 12).join(", ");
  return keys.length > 12 ? `${shown} and ${keys.length - 12} more` : shown;
}

/** Opens the accounts of a checkpoint. */
export function weightsOf(checkpoint: Checkpoint, options: WeightsOptions = {}): Weights {
  const names = [...checkpoint.tensors.keys()];
  let strip = "";
  for (let again = true; again;) {
    const found = (options.stripPrefixes ?? []).find((prefix) =>
      names.length > 0 && names.every((name) => name.startsWith(strip + prefix))
    );
    again = found !== undefined;
    strip += found ?? "";
  }
  const rename = options.rename ?? ((key: string) => key);
  const stored = new Map(names.map((name) => [rename(name.slice(strip.length)), name]));
  const taken = new Set<string>();

  const view = (prefix: string): Weights => ({
    source: checkpoint.source,
    has: (name) => stored.has(prefix + name),
    shapeOf: (name) => checkpoint.tensors.get(stored.get(prefix + name) ?? "")?.shape ?? null,
    take(name, shape) {
      const key = prefix + name;
      const original = stored.get(key);
      const info = original === undefined ? undefined : checkpoint.tensors.get(original);
      if (original === undefined || info === undefined) {
        const near = nearest(key, stored.keys());
        throw new RsembedError(
          "corrupt",
          `Cannot build the model from "${checkpoint.source}": key ${strip}${key} is missing` +
            (near.length > 0 ? `, it has ${near.join(", ")}` : ""),
          { facts: { source: checkpoint.source } },
        );
      }
      if (
        info.shape.length !== shape.length || shape.some((n, i) => n !== -1 && n !== info.shape[i])
      ) {
        throw new RsembedError(
          "corrupt",
          `Cannot build the model from "${checkpoint.source}": key ${original} has shape ` +
            `(${info.shape}), (${shape}) is wanted`,
          { facts: { source: checkpoint.source } },
        );
      }
      taken.add(key);
      return { shape: info.shape, load: async () => (await checkpoint.read(original)).data };
    },
    under: (more) => view(prefix + more),
    finish(ignore = []) {
      const left = [...stored.keys()].filter((key) =>
        !taken.has(key) && !ignore.some((pattern) => pattern.test(key))
      );
      if (left.length > 0) {
        throw new RsembedError(
          "corrupt",
          `Cannot build the model from "${checkpoint.source}": ${left.length} keys belong to no part ` +
            `of it: ${list(left)}`,
          { facts: { source: checkpoint.source } },
        );
      }
    },
  });
  return view("");
}
