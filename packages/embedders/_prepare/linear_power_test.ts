import { isRsembedError } from "@rsembed/core";
import assert from "node:assert/strict";
import { test } from "node:test";
import { refuseDecibels } from "./linear_power.ts";

test("refuseDecibels() goes by most of the values that are there", () => {
  refuseDecibels(Float32Array.of(0.1, 0.2, -0.01, 0, NaN), "model");
  refuseDecibels(new Float32Array(4), "model");
  assert.throws(
    () => refuseDecibels(Float32Array.of(-12, -7, 1, 0, 0, NaN), "model"),
    (error) => isRsembedError(error, "spec") && /run model .* decibels/.test(error.message),
  );
});
