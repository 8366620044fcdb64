import assert from "node:assert/strict";
import { test } from "node:test";
import { bucketsOf } from "./relative_bias.ts";

test("bucketsOf() sorts pairs of cells by their distance, the class token apart", () => {
  const side = 6;
  const tokens = 1 + side * side;
  const buckets = bucketsOf(side);
  assert.equal(buckets.length, tokens * tokens);
  const at = ([ay, ax]: number[], [by, bx]: number[]) =>
    buckets[(1 + ay! * side + ax!) * tokens + 1 + by! * side + bx!];
  for (let i = 0; i < tokens; i++) {
    assert.equal(buckets[i], 7);
    assert.equal(buckets[i * tokens], 7);
  }
  const origin = [1, 1];
  const wanted: [number[], number][] = [
    [[1, 1], 3],
    [[1, 2], 4],
    [[0, 0], 4],
    [[1, 3], 5],
    [[3, 3], 5],
    [[4, 1], 5],
    [[4, 2], 5],
    // 3.6 cells away, which rounds to 4
    [[4, 3], 6],
    [[1, 5], 6],
    [[5, 5], 6],
  ];
  for (const [cell, bucket] of wanted) {
    assert.equal(at(origin, cell), bucket, `${cell}`);
    assert.equal(at(cell, origin), bucket, `${cell}`);
  }
});
