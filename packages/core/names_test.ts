import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import { arrayKey, isRsembedError, nearest, safeFileName } from "./mod.ts";

const { sanitize }: { sanitize: Record<string, string> } = JSON.parse(
  await readFile(new URL("./testdata/keys.json", import.meta.url), "utf8"),
);

test("arrayKey() writes names as rs-embed does", () => {
  for (const [name, key] of Object.entries(sanitize)) assert.equal(arrayKey(name), key, name);
});

test("safeFileName() refuses what leaves a folder or fails on some system", () => {
  const wrong = [
    "",
    ".",
    "..",
    "../x",
    "a/b",
    "a\\b",
    "/etc",
    "C:x",
    "a\0b",
    "a\nb",
    "x.",
    "x ",
    " x",
  ];
  for (
    const name of [...wrong, "CON", "nul.txt", "Com1", "a*b", "x".repeat(201), "é".repeat(101)]
  ) {
    assert.throws(
      () => safeFileName(name, "names"),
      (error) => isRsembedError(error, "spec") && error.facts.field === "names",
      JSON.stringify(name),
    );
  }
});

test("safeFileName() gives a good name back", () => {
  for (const name of ["p00000", "a b", "...x", "Bücher", "console", "x".repeat(200)]) {
    assert.equal(safeFileName(name), name);
  }
});

test("nearest() gives likely spellings, best first, and nothing that is far", () => {
  const names = ["galileo", "remoteclip", "remoteclip_s2rgb", "mosaiks", "terramind"];
  assert.deepEqual(nearest("galilo", names), ["galileo"]);
  assert.equal(nearest("REMOTECLIP", names)[0], "remoteclip");
  assert.deepEqual(nearest("remote", names).toSorted(), ["remoteclip", "remoteclip_s2rgb"]);
  assert.deepEqual(nearest("xyzzy", names), []);
  // hostile lengths cost little
  assert.deepEqual(nearest("a".repeat(1e7), names), []);
});
