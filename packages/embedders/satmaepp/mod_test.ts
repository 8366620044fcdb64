import { isRsembedError, type OptionValue, resolveModel } from "@rsembed/core";
import assert from "node:assert/strict";
import { test } from "node:test";
import { testPatch } from "../_suite/patches.ts";
import type { Embedder } from "../embedder.ts";
import { card, family } from "./mod.ts";

function embedder(modality: string, options: Record<string, OptionValue> = {}): Embedder {
  return family.embedder(resolveModel(card, { name: "satmaepp", modality, options }));
}

test("family.embedder() refuses options of the other variant", () => {
  for (
    const [modality, options] of [
      ["rgb", { group_reduce: "max" }],
      ["s2_10b", { channel_order: "bgr" }],
    ] as const
  ) {
    assert.throws(
      () => embedder(modality, options),
      (error) => isRsembedError(error, "spec") && error.facts.field === Object.keys(options)[0],
    );
  }
});

test("prepare() feeds colours in the order asked for, with statistics in their own", () => {
  const patch = testPatch({ bands: ["B4", "B3", "B2"], height: 224, width: 224 });
  const rgb = embedder("rgb").prepare(patch).image!.data as Float32Array;
  const bgr = embedder("rgb", { channel_order: "bgr" }).prepare(patch).image!.data as Float32Array;
  const plane = 224 * 224;
  assert.deepEqual(bgr.slice(plane, 2 * plane), rgb.slice(plane, 2 * plane));
  const red = rgb[0]! * 0.28774282336235046 + 0.4182007312774658;
  const last = bgr[2 * plane]! * 0.2764017581939697 + 0.3991275727748871;
  assert(Math.abs(red - last) < 1e-6);
});

test("prepare() of ten bands lies in 0 to 1 but for the resize, whatever the numbers", () => {
  const patch = testPatch({ bands: embedder("s2_10b").model.sensor.bands, height: 96, width: 96 });
  patch.pixels.data.set([NaN, -1e9, 1e9]);
  for (const value of embedder("s2_10b").prepare(patch).image!.data as Float32Array) {
    assert(value >= 0 && value <= 1);
  }
});

test("the grid of ten bands reduces its groups as asked for", () => {
  const grid = { mode: "grid", orientation: "north_up" } as const;
  assert.deepEqual(embedder("s2_10b").outputs(grid), ["grid"]);
  assert.deepEqual(embedder("s2_10b", { group_reduce: "max" }).outputs(grid), ["grid_max"]);
  const max = { mode: "pooled", pooling: "max" } as const;
  assert.deepEqual(embedder("s2_10b").outputs(max), ["grid_max"]);
  assert.deepEqual(embedder("rgb").outputs(max), ["grid"]);
});
