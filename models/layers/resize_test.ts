import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { assertClose, runFloat, weight } from "../_suite/run_graph.ts";
import {
  bicubicMatrix,
  bilinearMatrix,
  resizeKernel,
  resizePositions,
  resizeSquares,
} from "./mod.ts";
import { type Matrix, multiply, pseudoInverse, transposeMatrix, zeros } from "./matrix.ts";

interface Fixture {
  readonly from: number;
  readonly to: number;
  readonly antialias: boolean;
  readonly alignCorners?: boolean;
  /** What torch gives for the unit vectors, one column each. */
  readonly matrix: readonly (readonly number[])[];
}

const fixtures: readonly Fixture[] = JSON.parse(
  readFileSync(new URL("testdata/bicubic.json", import.meta.url), "utf8"),
);

for (const { matrix, ...options } of fixtures) {
  const { from, to, antialias, alignCorners = false } = options;
  const kind = antialias ? "with antialias" : alignCorners ? "corners aligned" : "plainly";
  test(`bicubicMatrix() resizes ${from} to ${to} as torch does, ${kind}`, () => {
    const { rows, columns, data } = bicubicMatrix(options);
    assert.deepEqual([rows, columns], [to, from]);
    // torch computes its coefficients in float32
    assertClose(data, matrix.flat(), 1e-6);
  });
}

test("bicubicMatrix() keeps a constant, and leaves the size as it is by leaving all as it is", () => {
  for (const antialias of [true, false]) {
    for (const [from, to] of [[7, 3], [3, 7], [16, 5], [1, 4], [4, 1]] as const) {
      const { data } = bicubicMatrix({ from, to, antialias });
      for (let row = 0; row < to; row++) {
        const sum = data.subarray(row * from, (row + 1) * from).reduce((a, b) => a + b);
        assertClose([sum], [1], 1e-12);
      }
    }
    const { data } = bicubicMatrix({ from: 5, to: 5, antialias });
    assert.deepEqual([...data], Array.from({ length: 25 }, (_, i) => i % 6 === 0 ? 1 : 0));
  }
  assert.throws(() => bicubicMatrix({ from: 0, to: 3, antialias: true }), RangeError);
  assert.throws(
    () => bicubicMatrix({ from: 2, to: 3, antialias: true, alignCorners: true }),
    RangeError,
  );
});

function random(rows: number, columns: number, seed: number): Matrix {
  return { rows, columns, data: Float64Array.from(weight([rows, columns], seed).data) };
}

/** The four conditions that only the Moore-Penrose inverse meets. */
function assertPseudoInverse(a: Matrix, inverse: Matrix): void {
  const [left, right] = [multiply(a, inverse), multiply(inverse, a)];
  assertClose(multiply(left, a).data, a.data, 1e-10);
  assertClose(multiply(right, inverse).data, inverse.data, 1e-10);
  assertClose(transposeMatrix(left).data, left.data, 1e-10);
  assertClose(transposeMatrix(right).data, right.data, 1e-10);
}

test("pseudoInverse() meets the Moore-Penrose conditions for every kind of matrix", () => {
  for (const [rows, columns] of [[1, 1], [5, 3], [3, 5], [8, 8], [16, 7], [1, 6]] as const) {
    const a = random(rows, columns, rows * 10 + columns);
    assertPseudoInverse(a, pseudoInverse(a));
  }
  // rank 2, and rank 0
  const low = multiply(random(6, 2, 1), random(2, 5, 2));
  assertPseudoInverse(low, pseudoInverse(low));
  assertPseudoInverse(zeros(4, 3), pseudoInverse(zeros(4, 3)));
  for (const [from, to] of [[8, 1], [8, 3], [8, 5], [16, 14], [14, 16]] as const) {
    const resize = bicubicMatrix({ from, to, antialias: true });
    assertPseudoInverse(resize, pseudoInverse(resize));
  }
});

test("resizeKernel() keeps what a kernel says of a patch that is resized with it", async () => {
  // growing a patch loses nothing, so a grown kernel must answer a grown patch as before
  const [from, to] = [4, 7];
  const kernel = weight([2, 3, from, from], 1);
  const grown = resizeKernel(kernel, to);
  assert.deepEqual(grown.shape, [2, 3, to, to]);
  const grow = bicubicMatrix({ from, to, antialias: true });
  const patch = random(from, from, 5);
  const large = multiply(multiply(grow, patch), transposeMatrix(grow));
  const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    Array.from(a).reduce((sum, x, i) => sum + x * b[i]!, 0);
  const values = await grown.load();
  for (let i = 0; i < 6; i++) {
    assertClose(
      [dot(values.subarray(i * to * to, (i + 1) * to * to), large.data)],
      [dot(kernel.data.subarray(i * from * from, (i + 1) * from * from), patch.data)],
      1e-5,
    );
  }
});

test("resizeKernel() leaves kernels of the size wanted alone, and refuses others than squares", () => {
  const kernel = weight([2, 3, 4, 4], 1);
  assert.equal(resizeKernel(kernel, 4), kernel);
  assert.throws(() => resizeKernel(weight([2, 3, 4, 5], 1), 4), RangeError);
});

test("resizePositions() resizes rows and columns as bicubicMatrix() does", async () => {
  const [height, width, toHeight, toWidth] = [3, 4, 5, 2];
  const table = weight([height * width, 2], 7);
  const resized = await resizePositions(table, {
    from: [height, width],
    to: [toHeight, toWidth],
    antialias: true,
  }).load();
  const plane = (data: ArrayLike<number>, k: number, cells: number) =>
    Float64Array.from({ length: cells }, (_, i) => data[2 * i + k]!);
  for (const k of [0, 1]) {
    const image = { rows: height, columns: width, data: plane(table.data, k, height * width) };
    const down = bicubicMatrix({ from: height, to: toHeight, antialias: true });
    const across = bicubicMatrix({ from: width, to: toWidth, antialias: true });
    const wanted = multiply(multiply(down, image), transposeMatrix(across));
    assertClose(plane(resized, k, toHeight * toWidth), wanted.data);
  }
});

test("bilinearMatrix() interpolates between half-pixel centres and repeats edges", () => {
  assert.deepEqual([...bilinearMatrix(2, 4).data], [1, 0, 0.75, 0.25, 0.25, 0.75, 0, 1]);
  assert.deepEqual([...bilinearMatrix(3, 3).data], [1, 0, 0, 0, 1, 0, 0, 0, 1]);
  assert.deepEqual([...bilinearMatrix(3, 1).data], [0, 1, 0]);
  assert.throws(() => bilinearMatrix(0, 2), RangeError);
});

test("resizeSquares() resizes rows and columns of every image", async () => {
  const images = { shape: [2, 1, 2, 2], data: Float32Array.of(0, 4, 8, 12, 1, 1, 1, 1) };
  const { shape, data } = await runFloat(images, (x) => resizeSquares(x, bilinearMatrix(2, 4)));
  assert.deepEqual(shape, [2, 1, 4, 4]);
  assert.deepEqual([...data.subarray(0, 8)], [0, 1, 3, 4, 2, 3, 5, 6]);
  assert.deepEqual([...data.subarray(16)], new Array(16).fill(1));
});
