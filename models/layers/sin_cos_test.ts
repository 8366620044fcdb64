import assert from "node:assert/strict";
import { test } from "node:test";
import { assertClose } from "../_suite/run_graph.ts";
import { sinCos1d, sinCos2d } from "./mod.ts";

test("sinCos1d() has sines first, of frequencies that fall to 1/10000", () => {
  const [p, size] = [3, 8];
  const angles = [0, 1, 2, 3].map((k) => p / 10000 ** (k / 4));
  assertClose(sinCos1d([p], { size }), [...angles.map(Math.sin), ...angles.map(Math.cos)], 1e-15);
});

test("sinCos1d() spans the exponents asked for", () => {
  const angles = [0, 1].map((k) => 5 / 10000 ** (k / 8));
  assertClose(
    sinCos1d([5], { size: 4, exponents: 1 / 4 }),
    [...angles.map(Math.sin), ...angles.map(Math.cos)],
    1e-15,
  );
});

test("sinCos2d() encodes the column, then the row", () => {
  const cells = sinCos2d({ height: 2, width: 3, size: 8, step: 2.5 });
  const cell = (y: number, x: number) => [...cells.slice((y * 3 + x) * 8, (y * 3 + x + 1) * 8)];
  for (const [y, x] of [[0, 0], [1, 0], [0, 2], [1, 2]] as const) {
    const wanted = [...sinCos1d([2.5 * x], { size: 4 }), ...sinCos1d([2.5 * y], { size: 4 })];
    assert.deepEqual(cell(y, x), wanted);
  }
});

test("sinCos2d() refuses sizes that four parts do not fill", () => {
  assert.throws(() => sinCos2d({ height: 1, width: 1, size: 6 }), RangeError);
  assert.throws(() => sinCos1d([0], { size: 3 }), RangeError);
});
