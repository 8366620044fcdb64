import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { cropToSquare, padToSquare, squareAround, squareWithin, takeWindow } from "./square.ts";

interface Fixture {
  readonly mode: string;
  readonly in: number[][][];
  readonly out: number[][][];
}

const fixtures: Fixture[] = JSON.parse(
  readFileSync(new URL("testdata/shape.json", import.meta.url), "utf8"),
);

test("padToSquare() reflects as numpy does, and repeats edges where it cannot", () => {
  const mine = fixtures.filter(({ mode }) => mode === "pad_reflect");
  assert.equal(mine.length, 2);
  for (const { in: from, out } of mine) {
    const squared = padToSquare({
      data: Float32Array.from(from.flat(2)),
      count: from.length,
      height: from[0]!.length,
      width: from[0]![0]!.length,
    });
    assert.deepEqual([squared.height, squared.width], [out[0]!.length, out[0]!.length]);
    assert.deepEqual([...squared.data], out.flat(2));
  }
});

test("padToSquare() puts an odd pixel east of a tall image, on every plane", () => {
  const data = Float32Array.of(1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60);
  const squared = padToSquare({ data, count: 2, height: 3, width: 2 });
  assert.deepEqual([...squared.data], [
    ...[1, 2, 1, 3, 4, 3, 5, 6, 5],
    ...[10, 20, 10, 30, 40, 30, 50, 60, 50],
  ]);
});

test("padToSquare() repeats edges where both ends of the padding together are as long as the image", () => {
  const squared = padToSquare({
    data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8),
    count: 1,
    height: 4,
    width: 2,
  });
  assert.deepEqual([...squared.data], [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8]);
});

test("squareAround() is the window that padToSquare() fills", () => {
  assert.deepEqual(squareAround({ height: 3, width: 8 }), { x: 0, y: -2, width: 8, height: 8 });
  assert.deepEqual(squareAround({ height: 5, width: 5 }), { x: 0, y: 0, width: 5, height: 5 });
});

test("padToSquare() gives back square planes as they are", () => {
  const image = { data: new Float32Array(4), count: 1, height: 2, width: 2 };
  assert.equal(padToSquare(image), image);
});

test("cropToSquare() takes the middle, an odd pixel more from south and east, of every plane", () => {
  const data = Float32Array.from({ length: 16 }, (_, i) => i);
  const wide = cropToSquare({ data, count: 1, height: 2, width: 8 });
  assert.deepEqual([wide.height, wide.width, ...wide.data], [2, 2, 3, 4, 11, 12]);
  const tall = cropToSquare({ data: data.subarray(0, 10), count: 2, height: 5, width: 1 });
  assert.deepEqual([tall.count, ...tall.data], [2, 2, 7]);
  assert.deepEqual(squareWithin({ height: 3, width: 8 }), { x: 2, y: 0, width: 3, height: 3 });
  const image = { data: new Float32Array(4), count: 1, height: 2, width: 2 };
  assert.equal(cropToSquare(image), image);
});

test("takeWindow() cuts and fills on every side of every plane", () => {
  const planes = {
    data: Float32Array.from({ length: 12 }, (_, i) => i),
    count: 2,
    height: 2,
    width: 3,
  };
  const take = (
    x: number,
    y: number,
    height: number,
    width: number,
  ) => [...takeWindow(planes, { x, y, height, width }, -1).data];
  assert.deepEqual(take(1, 0, 1, 2), [1, 2, 7, 8]);
  assert.deepEqual(take(-1, 1, 2, 3), [-1, 3, 4, -1, -1, -1, -1, 9, 10, -1, -1, -1]);
  assert.deepEqual(take(5, -2, 1, 1), [-1, -1]);
});
