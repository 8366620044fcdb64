/**
 * From the outputs of a graph to vectors and grids.
 *
 * @module
 */

import type { NdArray, TokenGrid, Vector } from "@rsembed/core";
import type { Tensors } from "../embedder.ts";

function take(outputs: Tensors, name: string, rank: number): NdArray {
  const tensor = outputs[name];
  if (tensor?.dtype !== "float32" || tensor.shape.length !== rank) {
    throw new TypeError(
      `Cannot read output "${name}": it is ${
        tensor ? `${tensor.dtype} (${tensor.shape})` : "missing"
      }, float32 with ${rank} axes is wanted`,
    );
  }
  return tensor as NdArray;
}

/** An output of the graph as a vector, (D,). */
export function vectorOf(outputs: Tensors, name: string): Vector {
  const { dtype, shape, data } = take(outputs, name, 1);
  return { dtype, axes: ["d"], shape: [shape[0]!], data };
}

/** An output of the graph as a grid, (D, H, W). */
export function gridOf(outputs: Tensors, name: string): TokenGrid {
  const { dtype, shape, data } = take(outputs, name, 3);
  return { dtype, axes: ["d", "y", "x"], shape: [shape[0]!, shape[1]!, shape[2]!], data };
}

/** The maximum over the cells of a grid, (D, H, W) to (D,). */
export function maxOverCells(grid: TokenGrid): Vector {
  const [d, h, w] = grid.shape;
  const cells = h * w;
  const data = new Float32Array(d);
  for (let i = 0; i < d; i++) {
    let most = -Infinity;
    for (let at = i * cells; at < (i + 1) * cells; at++) {
      const x = grid.data[at]!;
      if (x > most || x !== x) most = x;
    }
    data[i] = most;
  }
  return { dtype: "float32", axes: ["d"], shape: [d], data };
}
