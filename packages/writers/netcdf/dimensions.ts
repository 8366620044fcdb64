/**
 * Names of dimensions, as rs-embed has them.
 *
 * @module
 */

import type { StoredColumn } from "../writer.ts";

/** The plain names of the axes of an array. */
function plainNames(key: string, rank: number): readonly string[] {
  if (/bchw/.test(key) && rank === 4) return ["point", "band", "y", "x"];
  if (/chw/.test(key) && rank === 3) return ["band", "y", "x"];
  if (/^embeddings__/.test(key) && rank === 2) return ["point", "dim"];
  if (/^embeddings__/.test(key) && rank === 4) return ["point", "dim", "y", "x"];
  if (/^embedding__/.test(key) && rank === 1) return ["dim"];
  if (/^embedding__/.test(key) && rank === 3) return ["dim", "y", "x"];
  if (/^embeddings_scale__/.test(key) && rank === 1) return ["point"];
  if (/^embeddings_scale__/.test(key) && rank === 3) return ["point", "y", "x"];
  if (/^embedding_scale__/.test(key) && rank === 2) return ["y", "x"];
  if (/bchw/.test(key) && rank === 5) return ["point", "time", "band", "y", "x"];
  if (/chw/.test(key) && rank === 4) return ["time", "band", "y", "x"];
  return Array.from({ length: rank }, (_, i) => `d${i}`);
}

/** Dimensions of a file, each name with one length. */
export class Dimensions {
  readonly lengths: Map<string, number> = new Map();

  /**
   * The dimensions of an array. The first array to need a name has it; one of another length has `name__<key>`.
   */
  of({ key, shape }: { key: string; shape: readonly number[] }): string[] {
    const used = new Set<string>();
    return plainNames(key, shape.length).map((plain, i) => {
      const length = shape[i]!;
      const own = `${plain}__${key.replace(/[^0-9A-Za-z_]/g, "_")}`;
      for (let n = 1;; n++) {
        const name = n === 1 ? plain : n === 2 ? own : `${own}_${n - 1}`;
        const known = this.lengths.get(name);
        if (used.has(name) || known !== undefined && known !== length) continue;
        used.add(name);
        this.lengths.set(name, length);
        return name;
      }
    });
  }
}

/** Whether every place has its row in an array. */
export function isDense({ shape, indices }: StoredColumn): boolean {
  return shape !== null && indices.every((index, row) => index === row);
}
