import assert from "node:assert/strict";
import { test } from "node:test";
import { hasExactInt8 } from "./exact_int8.ts";

test("hasExactInt8() finds out once, and says the same again", async () => {
  const first = hasExactInt8();
  assert.equal(typeof await first, "boolean");
  assert.equal(hasExactInt8(), first);
});
