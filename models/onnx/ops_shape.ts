/**
 * Operators that move elements without changing them.
 *
 * @module
 */

import type { Dtype } from "@rsembed/core";
import { axisOf, type Dim, dimProduct, formatShape, sameDim, staticDim } from "./dim.ts";
import { apply, type Float, int64s, type Operation, scalar, type Value } from "./value.ts";

/** The same elements in C order under another shape. */
export function reshape<D extends Dtype>(x: Value<D>, shape: readonly Dim[]): Value<D> {
  const from = dimProduct(x.shape);
  const to = dimProduct(shape);
  if (from.count !== to.count || from.batched !== to.batched) {
    throw new RangeError(`Cannot reshape ${formatShape(x.shape)} to ${formatShape(shape)}`);
  }
  const sides = shape.map((dim) => typeof dim === "number" ? dim : -1);
  return apply("Reshape", { inputs: [x, int64s(sides)], dtype: x.dtype, shape });
}

/** The axes in another order: axis `i` of the result is axis `order[i]` of `x`. */
export function transpose<D extends Dtype>(x: Value<D>, order: readonly number[]): Value<D> {
  const axes = order.map((axis) => axisOf(axis, x.shape.length));
  if (axes.length !== x.shape.length || new Set(axes).size !== axes.length) {
    throw new RangeError(`Cannot transpose ${formatShape(x.shape)} to the order (${order})`);
  }
  return apply("Transpose", {
    inputs: [x],
    attributes: { perm: { type: "ints", value: axes } },
    dtype: x.dtype,
    shape: axes.map((axis) => x.shape[axis]!),
  });
}

/** Options of operators along one axis. */
export interface AxisOptions {
  /** From 0, or from the end if negative. */
  readonly axis: number;
}

/** Values one after another along an axis. */
export function concat<D extends Dtype>(
  values: readonly Value<D>[],
  options: AxisOptions,
): Value<D> {
  const [first, ...rest] = values;
  if (!first) throw new RangeError("Cannot concatenate no values");
  const axis = axisOf(options.axis, first.shape.length);
  let side = staticDim(first.shape[axis], "a concatenated side");
  for (const { dtype, shape } of rest) {
    const fits = dtype === first.dtype && shape.length === first.shape.length &&
      shape.every((dim, i) => i === axis || sameDim(dim, first.shape[i]!));
    if (!fits) {
      throw new RangeError(
        `Cannot concatenate ${formatShape(first.shape)} and ${formatShape(shape)} on axis ${axis}`,
      );
    }
    side += staticDim(shape[axis], "a concatenated side");
  }
  return apply("Concat", {
    inputs: values,
    attributes: { axis: { type: "int", value: axis } },
    dtype: first.dtype,
    shape: first.shape.with(axis, side),
  });
}

/** Options of {@linkcode split}. */
export interface SplitOptions extends AxisOptions {
  /** Lengths of the parts; they add up to the side. */
  readonly sizes: readonly number[];
}

/** Cuts an axis into parts. */
export function split<D extends Dtype>(x: Value<D>, options: SplitOptions): Value<D>[] {
  const axis = axisOf(options.axis, x.shape.length);
  const side = staticDim(x.shape[axis], "a split side");
  const { sizes } = options;
  if (sizes.some((size) => !(size > 0)) || sizes.reduce((sum, size) => sum + size, 0) !== side) {
    throw new RangeError(`Cannot split a side of ${side} into (${sizes})`);
  }
  const operation: Operation = {
    op: "Split",
    inputs: [x, int64s(sizes)],
    attributes: { axis: { type: "int", value: axis } },
    outputs: sizes.map((size) => ({ dtype: x.dtype, shape: x.shape.with(axis, size) })),
  };
  return sizes.map((size, index) => ({
    dtype: x.dtype,
    shape: x.shape.with(axis, size),
    origin: { kind: "operation", operation, index },
  }));
}

/** Options of {@linkcode slice}. */
export interface SliceOptions extends AxisOptions {
  /** The first element that is taken. */
  readonly start: number;
  /** The first element that is left out. */
  readonly end: number;
}

/** Elements `[start, end)` of an axis. */
export function slice<D extends Dtype>(x: Value<D>, options: SliceOptions): Value<D> {
  const axis = axisOf(options.axis, x.shape.length);
  const side = staticDim(x.shape[axis], "a sliced side");
  const { start, end } = options;
  if (!(start >= 0 && start < end && end <= side)) {
    throw new RangeError(`Cannot take elements ${start} to ${end} of ${side}`);
  }
  return apply("Slice", {
    inputs: [x, int64s([start]), int64s([end]), int64s([axis])],
    dtype: x.dtype,
    shape: x.shape.with(axis, end - start),
  });
}

/** Options of {@linkcode pad}. */
export interface PadOptions extends AxisOptions {
  /** Zeros before the first element. @default 0 */
  readonly before?: number;
  /** Zeros after the last element. @default 0 */
  readonly after?: number;
}

/** Zeros before and after an axis. */
export function pad(x: Float, options: PadOptions): Float {
  const { before = 0, after = 0 } = options;
  const axis = axisOf(options.axis, x.shape.length);
  const side = staticDim(x.shape[axis], "a padded side");
  const zeros = x.shape.map(() => 0);
  const pads = int64s([...zeros.with(axis, before), ...zeros.with(axis, after)]);
  return apply("Pad", {
    inputs: [x, pads, scalar(0, "float32")],
    dtype: x.dtype,
    shape: x.shape.with(axis, before + side + after),
  });
}

/**
 * Elements of an axis of `table`, chosen by `indices`, whose axes take its place: (R, ...) and (...I) to
 * (...I, ...) along the first.
 *
 * @param options The axis, of fixed length. @default the first
 */
export function gather<D extends Dtype>(
  table: Value<D>,
  indices: Value<"int64">,
  options: AxisOptions = { axis: 0 },
): Value<D> {
  const axis = axisOf(options.axis, table.shape.length);
  staticDim(table.shape[axis], "a gathered axis");
  return apply("Gather", {
    inputs: [table, indices],
    attributes: { axis: { type: "int", value: axis } },
    dtype: table.dtype,
    shape: table.shape.toSpliced(axis, 1, ...indices.shape),
  });
}
