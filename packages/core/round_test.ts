import assert from "node:assert/strict";
import { test } from "node:test";
import { roundHalfEven } from "./round.ts";

test("roundHalfEven() sends halves to the even neighbour", () => {
  const pairs = [[0.5, 0], [1.5, 2], [2.5, 2], [-0.5, 0], [-1.5, -2], [-2.5, -2], [0.49, 0], [
    3.51,
    4,
  ]];
  for (const [from, to] of pairs) assert.equal(roundHalfEven(from!) + 0, to, `${from}`);
});
