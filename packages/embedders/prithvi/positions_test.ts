import { bicubicMatrix, sinCos1d } from "@rsembed/models/layers";
import assert from "node:assert/strict";
import { test } from "node:test";
import { positionTable } from "./positions.ts";

const width = 32;

/** The table's row of a cell, in the order column, row, frame. */
function wanted(x: number, y: number, t: number): Float32Array {
  return Float32Array.from([
    ...sinCos1d([x], { size: 12 }),
    ...sinCos1d([y], { size: 12 }),
    ...sinCos1d([t], { size: 8 }),
  ]);
}

test("positionTable() puts column, row and frame side by side, after zeros for the class token", () => {
  const table = positionTable({ frames: 2, cells: [3, 3], side: 3, width });
  assert.equal(table.length, (1 + 18) * width);
  assert(table.subarray(0, width).every((value) => value === 0));
  for (let cell = 0; cell < 18; cell++) {
    const row = table.subarray((1 + cell) * width, (2 + cell) * width);
    assert.deepEqual(row, wanted(cell % 3, Math.floor(cell / 3) % 3, Math.floor(cell / 9)));
  }
});

test("positionTable() resizes the layout as an image with its corners aligned", () => {
  const [height, across, side] = [2, 5, 4];
  const table = positionTable({ frames: 2, cells: [height, across], side, width });
  const matrix = (to: number) =>
    bicubicMatrix({ from: side, to, antialias: false, alignCorners: true }).data;
  const [down, right] = [matrix(height), matrix(across)];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < across; x++) {
      const sum = new Float64Array(width);
      for (let i = 0; i < side; i++) {
        for (let j = 0; j < side; j++) {
          const weight = down[y * side + i]! * right[x * side + j]!;
          wanted(j, i, 1).forEach((value, k) => sum[k]! += weight * value);
        }
      }
      const at = (1 + height * across + y * across + x) * width;
      sum.forEach((value, k) => assert(Math.abs(table[at + k]! - value) < 1e-6));
    }
  }
});

test("positionTable() refuses widths that three parts do not fill", () => {
  assert.throws(() => positionTable({ frames: 1, cells: [2, 2], side: 2, width: 40 }), RangeError);
});
