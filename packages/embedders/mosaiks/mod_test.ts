import { isRsembedError, type OptionValue, resolveModel } from "@rsembed/core";
import assert from "node:assert/strict";
import { test } from "node:test";
import { testPatch } from "../_suite/patches.ts";
import { card, family } from "./mod.ts";

function embedder(options: Record<string, OptionValue> = {}, bands?: readonly string[]) {
  const sensor = bands && { ...card.modalities.s2!, bands };
  const model = resolveModel(card, { name: "mosaiks", options, ...(sensor ? { sensor } : {}) });
  return family.embedder(model);
}

test("prepare() scales reflectance, clips it, and takes what is not finite as 0", () => {
  const patch = testPatch({ bands: ["B2", "B3", "B4", "B8"], height: 3, width: 3 });
  patch.pixels.data.set([0, 2500, 10000, 12000, -7, NaN, Infinity]);
  const { image } = embedder().prepare(patch);
  assert.deepEqual(image!.shape, [4, 3, 3]);
  assert.deepEqual([...image!.data.subarray(0, 7)], [0, 0.25, 1, 1, 0, 0, 0]);
  const { image: asIs } = embedder({ normalization: "none" }).prepare(patch);
  assert.deepEqual([...asIs!.data.subarray(0, 7)], [0, 2500, 10000, 12000, -7, 0, 0]);
});

test("prepare() takes any bands that were asked for, and no others", () => {
  const patch = testPatch({ bands: ["VV", "VH"], height: 8, width: 5 });
  assert.deepEqual(embedder({}, ["VV", "VH"]).prepare(patch).image!.shape, [2, 8, 5]);
  assert.throws(
    () => embedder({}, ["VH", "VV"]).prepare(patch),
    (error) => isRsembedError(error, "spec") && error.facts.field === "bands",
  );
});

test("prepare() refuses a patch smaller than a filter", () => {
  const patch = testPatch({ bands: card.modalities.s2!.bands, height: 9, width: 6 });
  assert.deepEqual(embedder({ kernel_size: 6 }).prepare(patch).image!.shape, [4, 9, 6]);
  assert.throws(
    () => embedder({ kernel_size: 7 }).prepare(patch),
    (error) => isRsembedError(error, "spec") && error.facts.field === "size",
  );
});

test("family.embedder() refuses an odd number of features", () => {
  assert.throws(
    () => embedder({ features: 33 }),
    (error) => isRsembedError(error, "spec") && error.facts.field === "features",
  );
});

test("graphConfig knows all that decides the filters and cells", () => {
  const plain = JSON.stringify(embedder().graphConfig);
  for (
    const [key, value] of Object.entries({
      features: 8,
      kernel_size: 5,
      bias: 0,
      seed: 1,
      cell_px: 4,
    })
  ) {
    assert.notEqual(JSON.stringify(embedder({ [key]: value }).graphConfig), plain, key);
  }
});
