import { isRsembedError, type OptionValue, resolveModel } from "@rsembed/core";
import assert from "node:assert/strict";
import { test } from "node:test";
import { testPatch } from "../_suite/patches.ts";
import type { Embedder } from "../embedder.ts";
import { card, family } from "./mod.ts";

function embedder(options: Record<string, OptionValue> = {}): Embedder {
  return family.embedder(resolveModel(card, { name: "fomo", options }));
}

test("spectral_keys name a row of the table for each band", () => {
  const keys = "18,6,7,8,9,10,11,12,13,14,15,0";
  assert.deepEqual(
    embedder({ spectral_keys: keys }).graphConfig.spectralKeys,
    keys.split(",").map(Number),
  );
  for (const wrong of ["6,7", `${keys},1`, keys.replace("18", "37"), keys.replace("18", "-1")]) {
    assert.throws(
      () => embedder({ spectral_keys: wrong }),
      (error) => isRsembedError(error, "spec") && error.facts.field === "spectral_keys",
    );
  }
});

test("prepare() scales as asked for, and leaves a flat band flat", () => {
  const patch = testPatch({ bands: embedder().model.sensor.bands, height: 64, width: 64 });
  patch.pixels.data.fill(2500, 0, 4096);
  const first = (normalization: string) =>
    (embedder({ normalization }).prepare(patch).image!.data as Float32Array).subarray(0, 4096);
  assert(first("unit_scale").every((value) => value === 0.25));
  assert(first("none").every((value) => value === 2500));
  assert(first("per_tile_minmax").every((value) => value === 0));
  const all = embedder({ normalization: "per_tile_minmax" }).prepare(patch).image!;
  const second = (all.data as Float32Array).subarray(4096, 2 * 4096);
  assert.deepEqual([Math.min(...second), Math.max(...second)], [0, 1]);
});

test("the maximum is taken over all tokens, of every band", () => {
  assert.deepEqual(embedder().outputs({ mode: "pooled", pooling: "max" }), ["grid_max"]);
  assert.deepEqual(embedder().outputs({ mode: "pooled", pooling: "mean" }), ["pooled"]);
});
