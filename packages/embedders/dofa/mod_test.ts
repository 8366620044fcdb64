import { isRsembedError, ndarray, type OptionValue, resolveModel } from "@rsembed/core";
import assert from "node:assert/strict";
import { test } from "node:test";
import { testPatch } from "../_suite/patches.ts";
import type { Embedder } from "../embedder.ts";
import { card, family } from "./mod.ts";

function embedder(bands: readonly string[], options: Record<string, OptionValue> = {}): Embedder {
  const sensor = { ...card.modalities.s2!, bands };
  return family.embedder(resolveModel(card, { name: "dofa", sensor, options }));
}

test("family.embedder() takes any selection of bands with statistics, and no other band", () => {
  assert.deepEqual(embedder(["B12", "B2"]).graphConfig.wavelengthsUm, [2.19, 0.49]);
  assert.throws(
    () => embedder(["B2", "B8A"]),
    (error) => isRsembedError(error, "spec") && /B8A.*B11, B12/.test(error.message),
  );
});

test("wavelengths take the place of those of Sentinel-2, one for each band", () => {
  const given = embedder(["B2", "B3"], { wavelengths: "0.5, 0.6" });
  assert.deepEqual(given.graphConfig.wavelengthsUm, [0.5, 0.6]);
  for (const wavelengths of ["0.5", "0.5,0.6,0.7", "0.5,-1", "a,b", "0.5,"]) {
    assert.throws(
      () => embedder(["B2", "B3"], { wavelengths }),
      (error) => isRsembedError(error, "spec") && error.facts.field === "wavelengths",
    );
  }
});

test("prepare() refuses what has been scaled already, and takes a patch without imagery", () => {
  const patch = testPatch({ bands: ["B4"], height: 8, width: 8 });
  patch.pixels.data.fill(0.3);
  assert.throws(
    () => embedder(["B4"]).prepare(patch),
    (error) => isRsembedError(error, "spec") && /digital numbers/.test(error.message),
  );
  patch.pixels.data.fill(0);
  const [value] = embedder(["B4"]).prepare(patch).image!.data as Float32Array;
  assert(Math.abs(value! + 114.1099739 / 77.84352553) < 1e-6);
});

test("readout() gives the normalised mean whatever the pooling", () => {
  const pooled = ndarray("float32", { axes: ["d"], shape: [2], data: Float32Array.of(1, 2) });
  for (const pooling of ["mean", "max"] as const) {
    const output = { mode: "pooled", pooling } as const;
    assert.deepEqual(embedder(["B4"]).outputs(output), ["pooled"]);
    assert.deepEqual([...embedder(["B4"]).readout({ pooled }, output).data], [1, 2]);
  }
});
