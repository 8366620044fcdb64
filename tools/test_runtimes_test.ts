import test from "node:test";
import assert from "node:assert/strict";
import { countsOf } from "./test_runtimes.ts";

test("countsOf() reads the summaries of Node and Bun", () => {
  assert.deepEqual(countsOf("ok 1 - x\n# tests 9\n# pass 7\n# fail 2\n", false), {
    passed: 7,
    failed: 2,
  });
  assert.deepEqual(countsOf("(pass) x\n\n 12 pass\n 0 fail\n 3 expect() calls\n", true), {
    passed: 12,
    failed: 0,
  });
});

test("countsOf() counts a runner that dies as a failure", () => {
  assert.deepEqual(countsOf("panic: abort() called\n", false), { passed: 0, failed: 1 });
});
