import assert from "node:assert/strict";
import test from "node:test";
import { errorMessage, isRsembedError, RsembedError } from "./mod.ts";

const missing = new RsembedError("not-found", 'Cannot find model "galilo"', {
  facts: { name: "galilo", nearest: ["galileo"] },
  cause: "a typo",
});

test("RsembedError keeps its code, facts and cause", () => {
  assert.ok(missing instanceof Error);
  assert.equal(missing.name, "RsembedError");
  assert.deepEqual([missing.code, missing.facts.nearest, missing.cause], [
    "not-found",
    ["galileo"],
    "a typo",
  ]);
  assert.match(String(missing), /^RsembedError: Cannot find model/);
  const plain = new RsembedError("exists", "Cannot write", { facts: { path: "x" } });
  assert.equal("cause" in plain, false);
});

test("isRsembedError() tells codes apart", () => {
  assert.ok(isRsembedError(missing));
  assert.ok(isRsembedError(missing, "spec", "not-found"));
  assert.equal(isRsembedError(missing, "spec"), false);
});

test("isRsembedError() knows errors of another copy of the package, and nothing else", () => {
  // what a second copy makes: another class, the same brand
  class OtherCopy extends Error {
    readonly code = "no-data";
    readonly facts = { source: "x" };
  }
  const other = new OtherCopy("Cannot find imagery");
  assert.equal(isRsembedError(other), false);
  Object.defineProperty(other, Symbol.for("rsembed.error"), { value: true });
  assert.equal(other instanceof RsembedError, false);
  assert.ok(isRsembedError(other, "no-data"));
  assert.equal(isRsembedError(other, "limit"), false);
  const look = { name: "RsembedError", code: "no-data", facts: {}, message: "x" };
  for (const value of [look, new Error("x"), null, undefined, "no-data", 3]) {
    assert.equal(isRsembedError(value), false);
  }
});

test("the brand is no visible part of an error", () => {
  assert.deepEqual(Object.keys(missing).filter((key) => key !== "name").toSorted(), [
    "code",
    "facts",
  ]);
  assert.equal(Object.getOwnPropertySymbols({ ...missing }).length, 0);
});

test("errorMessage() finds words for anything thrown", () => {
  assert.equal(errorMessage(missing), missing.message);
  assert.equal(errorMessage("x"), "x");
  assert.equal(errorMessage(undefined), "undefined");
});
