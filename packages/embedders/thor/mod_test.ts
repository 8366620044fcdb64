import { isRsembedError, type OptionValue, resolveModel } from "@rsembed/core";
import assert from "node:assert/strict";
import { test } from "node:test";
import { testPatch } from "../_suite/patches.ts";
import type { Embedder } from "../embedder.ts";
import { card, family } from "./mod.ts";

function embedder(modality: string, options: Record<string, OptionValue> = {}): Embedder {
  return family.embedder(resolveModel(card, { name: "thor", modality, options }));
}

function patchOf({ model }: Embedder, height: number, width: number) {
  return testPatch({ bands: model.sensor.bands, height, width });
}

test("prepare() keeps pixels where it can, and resizes what is far from square", () => {
  const plain = embedder("s2", { normalization: "none" });
  const patch = patchOf(plain, 34, 35);
  const { image } = plain.prepare(patch);
  assert.deepEqual(image!.shape, [10, 32, 32]);
  // one row and one column are left out before the image
  assert.equal(image!.data[0], patch.pixels.data[35 + 1]);
  assert.deepEqual(plain.prepare(patchOf(plain, 34, 60)).image!.shape, [10, 288, 288]);
});

test("prepare() fills with the sensor's value, scaled as imagery is", () => {
  const plain = embedder("s2", { shape_adjust: "pad", normalization: "unit_scale" });
  const patch = patchOf(plain, 30, 30);
  patch.pixels.data.fill(5000);
  const { shape, data } = plain.prepare(patch).image!;
  assert.deepEqual(shape, [10, 32, 32]);
  assert.deepEqual([data[0], data[33], data[32 * 32 - 1]], [0, 0.5, 0]);
});

test("inputGrid() covers what the input shows, to the pixel", () => {
  const plain = embedder("s2");
  const { grid } = patchOf(plain, 34, 35);
  const [a, , c, , e, f] = grid.transform;
  const input = plain.inputGrid(grid);
  assert.deepEqual([input.width, input.height], [32, 32]);
  assert.deepEqual(input.transform, [a, 0, c + a, 0, e, f + e]);
  const stretched = plain.inputGrid(patchOf(plain, 34, 60).grid);
  assert.deepEqual([stretched.width, stretched.height], [288, 288]);
  assert.equal(stretched.transform[0] * 288, 60 * a);
});

test("Sentinel-1 is power, scaled by itself, and has no unit scale", () => {
  const plain = embedder("s1");
  const patch = patchOf(plain, 16, 16);
  patch.pixels.data.fill(-11);
  assert.throws(() => plain.prepare(patch), (error) => isRsembedError(error, "spec"));
  assert.throws(
    () => embedder("s1", { normalization: "unit_scale" }),
    (error) => isRsembedError(error, "spec") && error.facts.field === "normalization",
  );
});

test("outputs() follow pooling and group_merge", () => {
  const grid = { mode: "grid", orientation: "native" } as const;
  assert.deepEqual(embedder("s2").outputs({ mode: "pooled", pooling: "mean" }), ["pooled"]);
  assert.deepEqual(embedder("s2").outputs({ mode: "pooled", pooling: "max" }), ["pooled_max"]);
  assert.deepEqual(embedder("s2").outputs(grid), ["grid_mean"]);
  assert.deepEqual(embedder("s2", { group_merge: "concat" }).outputs(grid), ["grid_concat"]);
});

test("meta() tells what was done, under rs-embed's names", () => {
  const plain = embedder("s2");
  const meta = plain.meta(patchOf(plain, 99, 101), { mode: "grid", orientation: "native" });
  assert.deepEqual(meta, {
    variant: "base",
    modality: "s2",
    normalization: "thor_stats",
    preprocess_strategy: "native_snap",
    preprocess_reason: "native_snap_applied",
    raw_input_hw: [99, 101],
    raw_aspect_diff_px: 2,
    final_hw: [96, 96],
    square_side: 99,
    side_unit: 16,
    snapped_side: 96,
    shape_adjust_applied: "crop_to_square",
    snap_adjust_applied: "crop_to_valid_side",
    estimated_patch_tokens: 180,
    ground_cover_m: 960,
    patch_size: 8,
    tokens_shape: [180, 768],
    groups_used: ["group0", "group1"],
    group_patch_sizes: [12, 6],
    group_merge: "mean",
    grid_kind: "thor_group_grid",
  });
});
