import test from "node:test";
import assert from "node:assert/strict";
import { fileProblems } from "./check_files.ts";

function check(path: string, text: string | null, sizeBytes = text?.length ?? 0): string[] {
  return fileProblems({ path, sizeBytes, text });
}

test("fileProblems() finds unfinished words in source only", () => {
  for (const word of ["TO" + "DO", "FIX" + "ME", "X" + "XX", "not " + "implemented"]) {
    assert.deepEqual(check("a.ts", `x\n// ${word}: later`), [`a.ts:2: unfinished "${word}"`]);
    assert.deepEqual(check("a.md", word), []);
  }
});

test("fileProblems() finds files that are too large", () => {
  assert.match(check("a.ts", null, 16_001)[0]!, /split it/);
  assert.deepEqual(check("a.ts", null, 16_000), []);
  assert.match(check("a.bin", null, 2_500_001)[0]!, /more than 2500000/);
  assert.deepEqual(check("x/testdata/a.bin", null, 2_500_001), []);
});

test("fileProblems() finds hosts in lock files", () => {
  const line = `"resolved": "https://example.com/a.tgz"`;
  assert.deepEqual(check("deno.lock", line), [
    `deno.lock:1: names a host "https://example.com/a.tgz"`,
  ]);
  assert.equal(check("package-lock.json", line).length, 1);
  assert.deepEqual(check("a.json", line), []);
});

test("fileProblems() finds paths of one machine", () => {
  assert.equal(check("a.md", "see /ho" + "me/me/x").length, 1);
  assert.deepEqual(check("a.md", "see ../shared/x"), []);
});
