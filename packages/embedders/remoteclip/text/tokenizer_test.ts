import { isRsembedError } from "@rsembed/core";
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { readVocabulary, tokenizerOf, vocabularyOf } from "./tokenizer.ts";

/** As many merges as are wanted, the first of them known. */
function mergesFile(first: readonly string[]): string {
  const filler = Array.from({ length: 48894 - first.length }, (_, i) => `q${i.toString(36)} z`);
  return ["#version: 0.2", ...first, ...filler, "left over"].join("\n");
}

const file = mergesFile(["l a", "la k", "lak e</w>", "r i", "' s</w>"]);
const vocabulary = vocabularyOf(file)!;
const tokenize = tokenizerOf(vocabulary, 12);
const idOf = (token: string) => vocabulary.ids.get(token)!;

test("vocabularyOf() numbers bytes, word ends, merges and the two marks", () => {
  assert.equal(vocabulary.ids.size, 49408);
  assert.deepEqual([vocabulary.startId, vocabulary.endId], [49406, 49407]);
  assert.deepEqual([idOf("!"), idOf("a"), idOf("!</w>"), idOf("la")], [0, 64, 256, 512]);
  assert.equal(vocabularyOf("#version\na b\n"), null);
});

test("tokenizerOf() merges pairs of lowest rank first, within words", () => {
  const { ids, count } = tokenize("Lake la");
  assert.deepEqual(ids, [49406, idOf("lake</w>"), idOf("l"), idOf("a</w>"), 49407]);
  assert.equal(count, 5);
  assert.deepEqual(tokenize("").ids, [49406, 49407]);
});

test("tokenizerOf() splits contractions, digits and signs, and knows every byte", () => {
  assert.deepEqual(tokenize("lake's 42!").ids.slice(1, -1), [
    idOf("lake</w>"),
    idOf("'s</w>"),
    idOf("4</w>"),
    idOf("2</w>"),
    idOf("!</w>"),
  ]);
  assert.equal(tokenize("\u{1f30d}").count, 2 + 4);
});

test("tokenizerOf() cuts what is too long and keeps the end", () => {
  const { ids, count } = tokenize("x ".repeat(100));
  assert.equal(ids.length, 12);
  assert.equal(ids.at(-1), 49407);
  assert.equal(count, 102);
  // a word of any length is done in time
  assert.equal(tokenize("y".repeat(200_000)).count, 200_002);
});

test("readVocabulary() reads the gzipped file and refuses anything else", async () => {
  const folder = await mkdtemp(join(tmpdir(), "vocabulary-"));
  const path = join(folder, "merges.gz");
  try {
    await writeFile(path, gzipSync(file));
    assert.equal((await readVocabulary(path)).ids.size, 49408);
    for (const wrong of [gzipSync("nothing"), "no gzip", gzipSync(Buffer.alloc(70 * 2 ** 20))]) {
      await writeFile(path, wrong);
      await assert.rejects(readVocabulary(path), (error) => isRsembedError(error, "corrupt"));
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
