/**
 * Runs small graphs in the runtime, for tests of operators and layers.
 *
 * @module
 */

import { allocate, type Arrays, type Dtype, sizeOf } from "@rsembed/core";
import type { Checkpoint, LazyTensor } from "../checkpoint/mod.ts";
import { encodeModel, type Float, graph, input, type Value } from "../onnx/mod.ts";
import assert from "node:assert/strict";
import { InferenceSession, Tensor } from "onnxruntime-node";

/** An array fed to a graph, or given by one. */
export interface Fed<D extends Dtype = "float32"> {
  readonly shape: readonly number[];
  readonly data: Arrays[D];
}

/** Random values in [-1, 1), always the same for the same shape and seed. */
export function noise(shape: readonly number[], seed = 1): Fed {
  const data = allocate("float32", sizeOf(shape));
  let state = Math.imul(seed + 1, 0x9e3779b1);
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    data[i] = state / 2 ** 31;
  }
  return { shape, data };
}

/** Random weights. */
export function weight(shape: readonly number[], seed: number): LazyTensor & Fed {
  const { data } = noise(shape, seed);
  return { shape, data, load: () => Promise.resolve(data) };
}

/** A checkpoint of arrays at hand. */
export function checkpointOf(arrays: Readonly<Record<string, Fed>>): Checkpoint {
  return {
    source: "memory",
    tensors: new Map(
      Object.entries(arrays).map(([name, { shape }]) => [name, { name, shape, dtype: "float32" }]),
    ),
    metadata: {},
    read: (name) => {
      const { shape, data } = arrays[name]!;
      return Promise.resolve({ dtype: "float32", axes: shape.map(String), shape, data });
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** What `fn` gives for an input `x` (N, ...), and whether its shape is the one that was inferred. */
export async function runFloat(x: Fed, fn: (x: Float) => Value): Promise<Fed> {
  const [places = 0, ...shape] = x.shape;
  const y = fn(input("x", { dtype: "float32", shape }));
  const session = await InferenceSession.create(await encodeModel(graph("test", { y })), {
    logSeverityLevel: 3,
    intraOpNumThreads: 1,
  });
  const given = (await session.run({ x: new Tensor("float32", x.data, x.shape) })).y!;
  const inferred = y.shape.map((dim) => typeof dim === "number" ? dim : dim.batch * places);
  assert.deepEqual(given.dims, inferred);
  assert.equal(given.type, y.dtype);
  return { shape: given.dims, data: given.data as Arrays["float32"] };
}

/** Asserts that two arrays agree, elementwise. */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance = 1e-6,
): void {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < actual.length; i++) {
    const [a, b] = [actual[i]!, expected[i]!];
    assert(
      Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b)),
      `element ${i} is ${a}, ${b} is wanted`,
    );
  }
}
