/**
 * How much there is to compute.
 *
 * @module
 */

import type { Dim } from "./dim.ts";
import type { Operation } from "./value.ts";

/** A side for one place. */
function sideOf(dim: Dim | undefined): number {
  return typeof dim === "number" ? dim : dim?.batch ?? 1;
}

function sizeOfOne(shape: readonly Dim[]): number {
  return shape.reduce<number>((size, dim) => size * sideOf(dim), 1);
}

/** Products that are summed for each number of the result. */
function productsOf({ op, inputs }: Operation): number {
  const [left, right] = inputs;
  switch (op) {
    case "MatMul":
    case "Gemm":
      return sideOf(left?.shape.at(-1));
    case "Conv":
      return sizeOfOne(right?.shape.slice(1) ?? []);
    default:
      return 0;
  }
}

/** Multiplications and additions of matrix products and convolutions, for one place. */
export function countOperations(operations: readonly Operation[]): number {
  return operations.reduce(
    (sum, operation) =>
      sum + 2 * productsOf(operation) * sizeOfOne(operation.outputs[0]?.shape ?? []),
    0,
  );
}
