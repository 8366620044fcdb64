import { isRsembedError, ndarray, type OptionValue, resolveModel } from "@rsembed/core";
import assert from "node:assert/strict";
import { test } from "node:test";
import { testPatch } from "../_suite/patches.ts";
import type { Embedder } from "../embedder.ts";
import { card, family } from "./mod.ts";

function embedder(variant: string, options: Record<string, OptionValue> = {}): Embedder {
  return family.embedder(resolveModel(card, { name: "wildsat", variant, options }));
}

const mean = { mode: "pooled", pooling: "mean" } as const;
const max = { mode: "pooled", pooling: "max" } as const;
const grid = { mode: "grid", orientation: "north_up" } as const;

test("family.embedder() refuses tokens and sizes that a network does not have", () => {
  for (
    const [variant, options] of [
      ["resnet50", { feature: "tokens" }],
      ["swint", { feature: "tokens" }],
      ["vitb16", { image_size: 256 }],
    ] as const
  ) {
    assert.throws(
      () => embedder(variant, options),
      (error) => isRsembedError(error, "spec") && error.facts.field === Object.keys(options)[0],
    );
  }
  assert.equal(embedder("swint", { image_size: 256 }).imageSizePx, 256);
});

test("outputs() give the feature that was asked for", () => {
  assert.deepEqual(embedder("vitb16").outputs(max), ["pooled"]);
  assert.deepEqual(embedder("vitb16", { feature: "backbone" }).outputs(mean), ["backbone"]);
  assert.deepEqual(embedder("vitb16", { feature: "tokens" }).outputs(mean), ["token_mean"]);
  assert.deepEqual(embedder("vitb16", { feature: "tokens" }).outputs(max), ["grid"]);
  assert.deepEqual(embedder("vitb16", { feature: "backbone" }).outputs(grid), ["grid"]);
  assert.deepEqual(embedder("swint").outputs(grid), ["pooled"]);
});

test("the grid of a network without tokens is its vector as one cell", () => {
  const pooled = ndarray("float32", { axes: ["d"], shape: [2], data: Float32Array.of(1, 2) });
  const cell = embedder("resnet50").readout({ pooled }, grid);
  assert.deepEqual(cell.shape, [2, 1, 1]);
  assert.deepEqual([...cell.data], [1, 2]);
});

test("prepare() stretches a patch over all bands, and leaves a flat one black", () => {
  const patch = testPatch({ bands: ["B4", "B3", "B2"], height: 224, width: 224 });
  const plane = 224 * 224;
  patch.pixels.data.fill(1000, 0, plane).fill(2000, plane, 2 * plane).fill(3000, 2 * plane);
  const image = (options: Record<string, OptionValue> = {}) =>
    embedder("vitb16", options).prepare(patch).image!.data as Float32Array;
  assert.deepEqual([0, plane, 2 * plane].map((at) => image()[at]), [0, Math.fround(127 / 255), 1]);
  assert.equal(image({ normalization: "unit_scale" })[plane], Math.fround(51 / 255));
  patch.pixels.data.fill(1234);
  assert(image().every((value) => value === 0));
});
