import assert from "node:assert/strict";
import { test } from "node:test";
import { remembered } from "./remembered.ts";

test("remembered() makes an answer once, and forgets what was used longest ago", () => {
  const made: string[] = [];
  const memory = remembered<string>(2);
  const ask = (key: string) =>
    memory(key, () => {
      made.push(key);
      return key.toUpperCase();
    });
  for (const key of ["a", "b", "a", "c", "a", "b"]) assert.equal(ask(key), key.toUpperCase());
  // "b" made way for "c", as "a" was used after it
  assert.deepEqual(made, ["a", "b", "c", "b"]);
});

test("remembered() keeps nothing of what fails", () => {
  const memory = remembered<number>(2);
  assert.throws(() =>
    memory("a", () => {
      throw new RangeError("no");
    }), RangeError);
  assert.equal(memory("a", () => 1), 1);
});
