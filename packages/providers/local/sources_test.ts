import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import test from "node:test";
import { findFiles, matchesGlob } from "./sources.ts";

/** Runs in a folder with empty files of the given names. */
async function withFiles(names: string[], use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "rsembed-"));
  try {
    for (const name of names) {
      await mkdir(join(folder, name, ".."), { recursive: true });
      await writeFile(join(folder, name), "");
    }
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const tree = [
  "b.tif",
  "a.TIFF",
  "notes.txt",
  ".hidden.tif",
  "c.tif.json",
  "2021/x1.tif",
  "2021/x2.tif",
  "2022/deep/x1.tif",
  "2022/deep/er/y.tif",
];

async function found(folder: string, ...patterns: string[]): Promise<string[]> {
  const paths = await findFiles(patterns.map((pattern) => join(folder, pattern)));
  return paths.map((path) => relative(folder, path).replaceAll("\\", "/"));
}

test("findFiles() takes files, the GeoTIFFs of folders, and patterns, in a stable order", async () => {
  await withFiles(tree, async (folder) => {
    assert.deepEqual(await found(folder, "."), ["a.TIFF", "b.tif"]);
    assert.deepEqual(await found(folder, "notes.txt"), ["notes.txt"]);
    assert.deepEqual(await found(folder, "*.tif"), ["b.tif"]);
    assert.deepEqual(await found(folder, "*/x?.tif"), ["2021/x1.tif", "2021/x2.tif"]);
    assert.deepEqual(await found(folder, "**/x1.tif"), ["2021/x1.tif", "2022/deep/x1.tif"]);
    const all = ["a.TIFF", "b.tif", "2021/x1.tif", "2021/x2.tif", "2022/deep/x1.tif"];
    assert.deepEqual(await found(folder, "**"), [...all, "2022/deep/er/y.tif"]);
    assert.deepEqual(await found(folder, "2022/**/er/*"), ["2022/deep/er/y.tif"]);
  });
});

test("findFiles() names a file once, however many sources do", async () => {
  await withFiles(tree, async (folder) => {
    await symlink(join(folder, "b.tif"), join(folder, "z.tif"));
    assert.deepEqual(await found(folder, "b.tif", "*", "**"), [
      "b.tif",
      "a.TIFF",
      "2021/x1.tif",
      "2021/x2.tif",
      "2022/deep/x1.tif",
      "2022/deep/er/y.tif",
    ]);
    assert.deepEqual(await found(folder, "b.tif", "z.tif"), ["b.tif"]);
  });
});

test("findFiles() comes to an end where links lead back up", async () => {
  await withFiles(tree, async (folder) => {
    await symlink(folder, join(folder, "2021", "up"));
    await symlink(join(folder, "2022"), join(folder, "2022", "deep", "self"));
    assert.equal((await found(folder, "**/*.tif")).length, 5);
    assert.equal((await found(folder, "*/*/*/*.tif")).length > 0, true);
  });
});

test("findFiles() takes a name with a star for the file, if there is one", async () => {
  await withFiles(["a*.tif", "ab.tif"], async (folder) => {
    assert.deepEqual(await found(folder, "a*.tif"), ["a*.tif"]);
  });
});

test("findFiles() refuses sources that name nothing", async () => {
  await withFiles(["empty/notes.txt"], async (folder) => {
    for (const name of ["none.tif", "empty", "*.tif", "none/**", "empty/**/*.tif"]) {
      await assert.rejects(found(folder, name), { code: "not-found" }, name);
    }
  });
});

test("findFiles() stops with the signal's reason", async () => {
  await withFiles(tree, async (folder) => {
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    await assert.rejects(findFiles([join(folder, "**")], { signal }), reason);
  });
});

test("matchesGlob() agrees with a regular expression", () => {
  const words = ["", "a", "b", "ab", "ba", "aab", "abab", "abba", "aaaa.tif", "b.tif"];
  const patterns = ["", "*", "?", "a*", "*b", "a*b", "?b*", "**a", "a?*a*", "*.tif", "*a*a*a*a*b"];
  for (const pattern of patterns) {
    const regex = new RegExp(
      `^${pattern.replace(/[.]/g, "\\.").replace(/\*/g, ".*").replace(/\?/g, ".")}$`,
    );
    for (const word of words) {
      assert.equal(matchesGlob(word, pattern), regex.test(word), `${word} ${pattern}`);
    }
  }
});

test("matchesGlob() is quick on patterns made to be slow", () => {
  assert(!matchesGlob("a".repeat(20_000), `${"*a".repeat(40)}*b`));
});
