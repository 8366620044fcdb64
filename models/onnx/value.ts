/**
 * Values of a graph being built. A value is an immutable expression: what it is made of hangs on it, and
 * nothing else is kept, so what no output needs is never written.
 *
 * @module
 */

import { allocate, type Arrays, type Dtype, type NdArray, sizeOf } from "@rsembed/core";
import type { LazyTensor } from "../checkpoint/weights.ts";
import { batch, type Dim } from "./dim.ts";

/** An attribute of a node. */
export type Attribute =
  | { readonly type: "int"; readonly value: number }
  | { readonly type: "ints"; readonly value: readonly number[] }
  | { readonly type: "float"; readonly value: number }
  | { readonly type: "string"; readonly value: string };

/** Element type and shape. */
export interface ValueType<D extends Dtype = Dtype> {
  /** Element type. */
  readonly dtype: D;
  /** Lengths of its axes. */
  readonly shape: readonly Dim[];
}

/** One operator applied to values. `null` stands for an optional input left out. */
export interface Operation {
  /** Name in the default ONNX domain. */
  readonly op: string;
  /** In the operator's order. */
  readonly inputs: readonly (Value | null)[];
  /** Attributes by name. */
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** Types of its results. */
  readonly outputs: readonly ValueType[];
}

/** Where a value comes from. */
export type Origin =
  | { readonly kind: "input"; readonly name: string }
  | { readonly kind: "parameter"; readonly tensor: LazyTensor }
  | { readonly kind: "constant"; readonly data: Arrays[Dtype] }
  | { readonly kind: "operation"; readonly operation: Operation; readonly index: number };

/** A tensor in a graph, known by type and shape. */
export interface Value<D extends Dtype = Dtype> extends ValueType<D> {
  /** What it is made of. */
  readonly origin: Origin;
}

/** What most layers work on. */
export type Float = Value<"float32">;

/** Options of {@linkcode input}. */
export interface InputOptions<D extends Dtype> {
  /** Element type. */
  readonly dtype: D;
  /** Sides after the batch axis. */
  readonly shape: readonly number[];
}

/** An input of the graph, (N, ...shape). */
export function input<D extends Dtype>(name: string, options: InputOptions<D>): Value<D> {
  for (const side of options.shape) {
    if (!Number.isSafeInteger(side) || side < 1) {
      throw new RangeError(`Cannot take an input of shape (${options.shape}): sides are >= 1`);
    }
  }
  return {
    dtype: options.dtype,
    shape: [batch(), ...options.shape],
    origin: { kind: "input", name },
  };
}

/** Weights whose values are read when the graph is written. */
export function parameter(tensor: LazyTensor): Float {
  return { dtype: "float32", shape: tensor.shape, origin: { kind: "parameter", tensor } };
}

/** A constant; the buffer is used, not copied. */
export function constant<D extends Dtype>(
  array: Pick<NdArray<readonly string[], D>, "dtype" | "shape" | "data">,
): Value<D> {
  if (array.data.length !== sizeOf(array.shape)) {
    throw new RangeError(`Cannot give ${array.data.length} values the shape (${array.shape})`);
  }
  return {
    dtype: array.dtype,
    shape: array.shape,
    origin: { kind: "constant", data: array.data },
  };
}

/** A float32 constant from numbers in C order, rounded once. */
export function floats(shape: readonly number[], values: ArrayLike<number>): Float {
  return constant({ dtype: "float32", shape, data: Float32Array.from(values) });
}

/** A row of int64 constants, as shapes and axes are given. */
export function int64s(values: readonly number[]): Value<"int64"> {
  const data = BigInt64Array.from(values, (value) => BigInt(value));
  return constant({ dtype: "int64", shape: [values.length], data });
}

/**
 * A constant without axes, of the type of its partner in an operation.
 *
 * @throws {TypeError} For float16, whose numbers are kept as raw bits
 */
export function scalar<D extends Dtype>(value: number, dtype: D): Value<D> {
  if (dtype === "float16") throw new TypeError(`Cannot make a float16 of ${value}: give its bits`);
  const data = allocate(dtype, 1);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[0] = BigInt(value);
  else data[0] = value;
  return constant({ dtype, shape: [], data });
}

/** Options of {@linkcode apply}: an operation, with the type of its only output. */
export interface ApplyOptions<D extends Dtype> {
  /** In the operator's order; `null` leaves an optional one out. */
  readonly inputs: readonly (Value | null)[];
  /** Attributes by name. @default none */
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** Element type of the result. */
  readonly dtype: D;
  /** Shape of the result. */
  readonly shape: readonly Dim[];
}

/** Applies an operator with one output, whose type the caller has inferred. */
export function apply<D extends Dtype>(op: string, options: ApplyOptions<D>): Value<D> {
  const { inputs, attributes = {}, dtype, shape } = options;
  const operation = { op, inputs, attributes, outputs: [{ dtype, shape }] };
  return { dtype, shape, origin: { kind: "operation", operation, index: 0 } };
}
