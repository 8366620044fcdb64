import test from "node:test";
import assert from "node:assert/strict";
import * as path from "./mod.ts";

test("path functions do what their names say", { skip: path.resolve("/") !== "/" }, () => {
  assert.equal(path.basename("/a/b.tif"), "b.tif");
  assert.equal(path.basename("/a/b.tif", ".tif"), "b");
  assert.equal(path.dirname("/a/b.tif"), "/a");
  assert.equal(path.extname("b.tar.gz"), ".gz");
  assert.equal(path.isAbsolute("a"), false);
  assert.equal(path.join("a", "..", "b"), "b");
  assert.equal(path.normalize("a//./b/.."), "a");
  assert.equal(path.relative("/a/b", "/a/c"), "../c");
  assert.equal(path.resolve("/a", "b", "../c"), "/a/c");
});

test("toFileUrl() and fromFileUrl() are inverse", () => {
  const file = path.resolve("a b%#?.tif");
  assert.equal(path.fromFileUrl(path.toFileUrl(file)), file);
  assert.equal(path.fromFileUrl(path.toFileUrl(file).href), file);
});

test("toFileUrl() and fromFileUrl() refuse what they cannot mean", () => {
  assert.throws(() => path.toFileUrl("a"), TypeError);
  assert.throws(() => path.fromFileUrl("https://example.com/a"), TypeError);
});
