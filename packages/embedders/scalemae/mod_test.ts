import { isRsembedError, type OptionValue, resolveModel } from "@rsembed/core";
import assert from "node:assert/strict";
import { test } from "node:test";
import { testPatch } from "../_suite/patches.ts";
import { card, family } from "./mod.ts";

function embedder(options: Record<string, OptionValue> = {}, scaleM = 10) {
  return family.embedder(resolveModel(card, { name: "scalemae", fetch: { scaleM }, options }));
}

const rgb = ["B4", "B3", "B2"];

test("prepare() tells the ground length of a pixel of the resized image, by the short side", () => {
  const resolution = (scaleM: number, height: number, width: number, image_size = 224) => {
    const patch = testPatch({ bands: rgb, height, width });
    const model = embedder({ image_size }, scaleM);
    assert.equal(model.meta(patch, { mode: "pooled", pooling: "mean" }).used_scale_m, scaleM);
    return model.prepare(patch).input_res!.data[0];
  };
  assert.equal(resolution(10, 224, 224), 10);
  assert.equal(resolution(10, 112, 224), 5);
  assert.equal(resolution(30, 224, 112), 15);
  assert.equal(resolution(10, 224, 224, 448), 5);
});

test("family.embedder() refuses an input that patches do not fill", () => {
  assert.throws(
    () => embedder({ image_size: 100 }),
    (error) => isRsembedError(error, "spec") && error.facts.field === "image_size",
  );
});
