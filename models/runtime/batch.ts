/**
 * Places to batches and back.
 *
 * @module
 */

import { allocate, type Arrays, type Dtype, ndarray, sizeOf } from "@rsembed/core";
import type { SessionTensor } from "./session.ts";

/**
 * Stacks the named arrays of several places along a new leading axis `n`.
 *
 * @throws {RangeError} If there are none, or names, dtypes or shapes differ
 *
 * @example
 * ```ts
 * import { stackTensors, unstackTensors } from "@rsembed/models/runtime";
 * import { ndarray } from "@rsembed/core";
 * import assert from "node:assert/strict";
 *
 * const place = { x: ndarray("float32", { axes: ["i"], shape: [3] }) };
 * const batch = stackTensors([place, place]);
 * assert.deepEqual(batch.x!.shape, [2, 3]);
 * assert.deepEqual(unstackTensors(batch, 2)[1]!.x!.shape, [3]);
 * ```
 */
export function stackTensors(
  places: readonly Readonly<Record<string, SessionTensor>>[],
): Record<string, SessionTensor> {
  const [first] = places;
  if (!first) throw new RangeError("Cannot stack no places: at least one is wanted");
  const names = Object.keys(first);
  const stacked: Record<string, SessionTensor> = {};
  for (const name of names) {
    const { dtype, shape, axes } = first[name]!;
    const size = sizeOf(shape);
    const data = allocate(dtype, places.length * size);
    places.forEach((place, i) => {
      const tensor = place[name];
      if (
        !tensor || Object.keys(place).length !== names.length || tensor.dtype !== dtype ||
        tensor.shape.length !== shape.length || tensor.shape.some((side, axis) =>
          side !== shape[axis]
        )
      ) {
        throw new RangeError(
          `Cannot stack "${name}" of place ${i}: it is ${tensor?.dtype} (${tensor?.shape}), ` +
            `${dtype} (${shape}) is wanted`,
        );
      }
      data.set(tensor.data as never, i * size);
    });
    stacked[name] = ndarray(dtype, {
      axes: ["n", ...axes],
      shape: [places.length, ...shape],
      data,
    });
  }
  return stacked;
}

/**
 * The arrays of each place of a batch, without the leading axis; no copies are made.
 *
 * @throws {RangeError} If an array has not `count` rows
 */
export function unstackTensors(
  batch: Readonly<Record<string, SessionTensor>>,
  count: number,
): Record<string, SessionTensor>[] {
  return Array.from({ length: count }, (_, i) =>
    Object.fromEntries(
      Object.entries(batch).map(([name, { dtype, axes, shape, data }]) => {
        const [rows, ...rest] = shape;
        if (rows !== count) {
          throw new RangeError(
            `Cannot unstack "${name}": it has ${rows} rows, ${count} are wanted`,
          );
        }
        const size = sizeOf(rest);
        const row = data.subarray(i * size, (i + 1) * size) as Arrays[Dtype];
        return [name, ndarray(dtype, { axes: axes.slice(1), shape: rest, data: row })];
      }),
    ));
}
