/**
 * A checkpoint that exists nowhere: seeded random values under the keys and shapes of a real one, for building
 * full-size graphs without weights.
 *
 * @module
 */

import { allocate, type Dtype, RsembedError, sizeOf } from "@rsembed/core";
import type { Checkpoint, TensorInfo } from "./checkpoint.ts";

/** Keys of a checkpoint, with shapes and element types. */
export interface KeyMap {
  /** Shape and element type by key. */
  readonly keys: Readonly<
    Record<string, { readonly shape: readonly number[]; readonly dtype: string }>
  >;
}

/** Options of {@linkcode randomCheckpoint}. */
export interface RandomCheckpointOptions {
  /** Other seeds give other values. @default 0 */
  readonly seed?: number;
  /** Factor on all deviations. @default 1 */
  readonly scale?: number;
}

const integer = /^u?int/;

/** FNV-1a with a final mix, so that neighbouring seeds and keys give unrelated streams. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Centre and deviation of a tensor: trained networks keep their signals near 1, and so must these. */
function distribution(name: string, shape: readonly number[]): { mean: number; std: number } {
  if (shape.length <= 1) {
    const gain = /(weight|gamma|running_var)$/.test(name);
    return { mean: gain ? 1 : 0, std: gain ? 0.1 : 0.02 };
  }
  if (!/weight$/.test(name)) return { mean: 0, std: 0.02 };
  return { mean: 0, std: 1 / Math.sqrt(Math.max(1, sizeOf(shape.slice(1)))) };
}

/**
 * A checkpoint of seeded random values, each tensor made when it is read, from its name and the seed alone.
 * Weights have a deviation of 1 / sqrt(fan-in), those of norms lie near 1, integers (indices, counters) are 0.
 *
 * @example
 * ```ts
 * import { randomCheckpoint } from "@rsembed/models/checkpoint";
 * import assert from "node:assert/strict";
 *
 * const keys = { "fc.weight": { shape: [3, 4], dtype: "float32" } };
 * const { data } = await randomCheckpoint({ keys }, { seed: 7 }).read("fc.weight");
 * assert.equal(data.length, 12);
 * ```
 */
export function randomCheckpoint(
  keyMap: KeyMap,
  options: RandomCheckpointOptions = {},
): Checkpoint {
  const { seed = 0, scale = 1 } = options;
  const source = `random weights, seed ${seed}`;
  const tensors = new Map<string, TensorInfo>(
    Object.entries(keyMap.keys).map(([name, { shape, dtype }]) => [
      name,
      { name, shape, dtype: dtype as Dtype },
    ]),
  );
  return {
    source,
    tensors,
    metadata: {},
    // deno-lint-ignore require-await
    async read(name, { signal } = {}) {
      signal?.throwIfAborted();
      const info = tensors.get(name);
      if (!info) {
        throw new RsembedError(
          "not-found",
          `Cannot read "${name}" of ${source}: there is no such tensor`,
          { facts: { name } },
        );
      }
      const data = allocate("float32", sizeOf(info.shape));
      if (!integer.test(info.dtype)) {
        const { mean, std } = distribution(name, info.shape);
        // uniform: as good as normal for this, and several times faster
        const width = std * scale * Math.sqrt(12);
        let state = hash(`${seed}:${name}`);
        for (let i = 0; i < data.length; i++) {
          state = (state + 0x9e3779b9) | 0;
          let bits = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
          bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
          data[i] = mean + width * (((bits ^ (bits >>> 15)) >>> 0) / 2 ** 32 - 0.5);
        }
      }
      return {
        dtype: "float32",
        axes: info.shape.map((_, axis) => `d${axis}`),
        shape: info.shape,
        data,
      };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
