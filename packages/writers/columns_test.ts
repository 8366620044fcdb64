import assert from "node:assert/strict";
import { test } from "node:test";
import { isRsembedError } from "@rsembed/core";
import { checkDistinctKeys, singleKey, stackedKey } from "./columns.ts";

test("singleKey() and stackedKey() name arrays as rs-embed does", () => {
  assert.equal(stackedKey("embedding", "toy-rgb"), "embeddings__toy_rgb");
  assert.equal(stackedKey("input", "toy-rgb"), "inputs_bchw__toy_rgb");
  assert.equal(singleKey("embedding", "satmae++"), "embedding__satmae");
  assert.equal(singleKey("input", "satmae++", 12), "input_chw__satmae__00012");
  assert.equal(singleKey("embedding", "m", 123456), "embedding__m__123456");
});

test("checkDistinctKeys() takes a name again, and refuses another with its key", () => {
  checkDistinctKeys(["a", "b", "a"]);
  assert.throws(() => checkDistinctKeys(["a", "a+"]), (error) => isRsembedError(error, "spec"));
});
