import assert from "node:assert/strict";
import { test } from "node:test";
import { denseAttention, denseLinear, rowsOf } from "../_suite/dense.ts";
import { assertClose, noise, runFloat, weight } from "../_suite/run_graph.ts";
import {
  inverseOrder,
  mergeNeighbours,
  relativeOffsets,
  windowAttention,
  windowMask,
  windowOrder,
} from "./mod.ts";

test("windowOrder() moves windows around the edges, and inverseOrder() undoes it", () => {
  const plain = windowOrder({ grid: [4, 4], window: [2, 2], shift: [0, 0] });
  assert.deepEqual([...plain.subarray(0, 8)], [0, 1, 4, 5, 2, 3, 6, 7]);
  const moved = windowOrder({ grid: [4, 4], window: [2, 2], shift: [1, 1] });
  assert.deepEqual([...moved.subarray(0, 8)], [5, 6, 9, 10, 7, 4, 11, 8]);
  assert.deepEqual([...moved.subarray(12)], [15, 12, 3, 0]);
  const back = inverseOrder(moved);
  moved.forEach((token, at) => assert.equal(back[token], at));
  const video = windowOrder({ grid: [2, 2, 4], window: [1, 2, 2], shift: [0, 0, 1] });
  assert.deepEqual([...video.subarray(0, 8)], [1, 2, 5, 6, 3, 0, 7, 4]);
  assert.throws(() => windowOrder({ grid: [3, 4], window: [2, 2], shift: [0, 0] }), RangeError);
});

test("windowMask() keeps apart what came around an edge", () => {
  assert.equal(windowMask({ grid: [4], window: [2], shift: [0] }), null);
  // windows of tokens 1 2 and 3 0: the last two were never neighbours
  assert.deepEqual([...windowMask({ grid: [4], window: [2], shift: [1] })!], [
    ...[0, 0, 0, 0],
    ...[0, 1, 1, 0],
  ]);
  const square = windowMask({ grid: [4, 4], window: [2, 2], shift: [1, 1] })!;
  assert.equal(square.length, 4 * 16);
  assert(square.subarray(0, 16).every((apart) => apart === 0));
  // in the last window all four corners of the grid meet
  assert.deepEqual([...square.subarray(48)], [
    ...[0, 1, 1, 1],
    ...[1, 0, 1, 1],
    ...[1, 1, 0, 1],
    ...[1, 1, 1, 0],
  ]);
});

test("relativeOffsets() counts from the most negative offset of query and key", () => {
  assert.deepEqual([...relativeOffsets([2])], [1, 0, 2, 1]);
  // (2, 2): rows of 3 offsets; a query south east of its key has the last one
  const square = relativeOffsets([2, 2]);
  assert.equal(square[3 * 4 + 0], 8);
  assert.equal(square[0 * 4 + 3], 0);
  assert.equal(square[0], 4);
});

test("windowAttention() attends within each window by the formula, moved or not", async () => {
  const [width, heads, grid, window] = [6, 2, [2, 4], [2, 2]] as const;
  const layer = (seed: number) => ({
    weight: weight([width, width], seed),
    bias: weight([width], seed + 20),
  });
  const weights = { query: layer(1), key: layer(2), value: layer(3), out: layer(4) };
  const offsetBias = weight([9, heads], 9);
  const x = noise([1, 8, width], 11);
  for (const shift of [[0, 0], [0, 1]]) {
    const windows = { grid, window, shift };
    const given = await runFloat(
      x,
      (x) => windowAttention(x, { weights, heads, windows, offsetBias }),
    );
    const order = windowOrder(windows);
    const mask = windowMask(windows);
    const offsets = relativeOffsets(window);
    const wanted: number[][] = [];
    for (let w = 0; w < 2; w++) {
      const rows = [0, 1, 2, 3].map((i) => rowsOf(x)[order[w * 4 + i]!]!);
      const part = (l: typeof weights.query) => denseLinear(rows, l);
      const mixed = denseAttention(
        { q: part(weights.query), k: part(weights.key), v: part(weights.value) },
        {
          heads,
          scale: 1,
          mask: (head: number, q: number, k: number) =>
            offsetBias.data[offsets[q * 4 + k]! * heads + head]! -
            100 * (mask?.[w * 16 + q * 4 + k] ?? 0),
        },
      );
      denseLinear(mixed, weights.out).forEach((row, i) => wanted[order[w * 4 + i]!] = row);
    }
    assertClose(given.data, wanted.flat(), 1e-5);
  }
});

test("mergeNeighbours() goes down before it goes right", async () => {
  const x = { shape: [1, 8, 1], data: Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7) };
  const { data, shape } = await runFloat(x, (x) => mergeNeighbours(x, 2, 4));
  assert.deepEqual(shape, [1, 2, 4]);
  assert.deepEqual([...data], [0, 4, 1, 5, 2, 6, 3, 7]);
  await assert.rejects(runFloat(x, (x) => mergeNeighbours(x, 1, 8)), RangeError);
});
