import { isRsembedError, ndarray, type OptionValue, resolveModel } from "@rsembed/core";
import assert from "node:assert/strict";
import { test } from "node:test";
import { testPatch } from "../_suite/patches.ts";
import type { Embedder } from "../embedder.ts";
import { card, family } from "./mod.ts";

function embedder(modality: string, options: Record<string, OptionValue> = {}): Embedder {
  return family.embedder(resolveModel(card, { name: "terrafm", modality, options }));
}

test("prepare() of Sentinel-1 scales both bands by one percentile, in 0 to 1", () => {
  const patch = testPatch({ bands: ["VV", "VH"], height: 224, width: 224 });
  const plane = 224 * 224;
  patch.pixels.data.fill(Math.E - 1, 0, plane).fill(Math.E ** 2 - 1, plane);
  patch.pixels.data.set([NaN, -3, 0]);
  const data = embedder("s1").prepare(patch).image!.data as Float32Array;
  assert.deepEqual([...data.subarray(0, 3)], [0, 0, 0]);
  assert(Math.abs(data[plane - 1]! - 0.5) < 1e-6);
  assert(Math.abs(data[plane]! - 1) < 1e-6);
});

test("prepare() of Sentinel-1 refuses decibels", () => {
  const patch = testPatch({ bands: ["VV", "VH"], height: 20, width: 20 });
  patch.pixels.data.fill(-12.5);
  assert.throws(
    () => embedder("s1").prepare(patch),
    (error) => isRsembedError(error, "spec") && /decibels/.test(error.message),
  );
});

test("product chooses the patch embedding of Sentinel-2 and is refused for Sentinel-1", () => {
  assert.equal(embedder("s2").graphConfig.kind, "s2_l1c");
  assert.equal(embedder("s2", { product: "l2a" }).graphConfig.kind, "s2_l2a");
  assert.equal(embedder("s1").graphConfig.kind, "s1");
  assert.throws(
    () => embedder("s1", { product: "l2a" }),
    (error) => isRsembedError(error, "spec") && error.facts.field === "product",
  );
});

test("readout() gives the class token whatever the pooling", () => {
  const pooled = ndarray("float32", { axes: ["d"], shape: [2], data: Float32Array.of(1, 2) });
  for (const pooling of ["mean", "max"] as const) {
    const output = { mode: "pooled", pooling } as const;
    assert.deepEqual(embedder("s2").outputs(output), ["pooled"]);
    assert.deepEqual([...embedder("s2").readout({ pooled }, output).data], [1, 2]);
  }
});
