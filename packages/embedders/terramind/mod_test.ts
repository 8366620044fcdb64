import { isRsembedError, type OptionValue, resolveModel } from "@rsembed/core";
import { type KeyMap, randomCheckpoint } from "@rsembed/models/checkpoint";
import assert from "node:assert/strict";
import { test } from "node:test";
import { keyMapOf } from "../_suite/key_maps.ts";
import { testPatch } from "../_suite/patches.ts";
import type { Embedder } from "../embedder.ts";
import { card, family } from "./mod.ts";

function embedder(
  options: Record<string, OptionValue> = {},
  more: { variant?: string; modality?: string } = {},
): Embedder {
  return family.embedder(resolveModel(card, { name: "terramind", options, ...more }));
}

test("layer_index counts from either end, within the encoder", () => {
  assert.equal(embedder({ layer_index: 10 }).graphConfig.layerIndex, -2);
  assert.deepEqual(embedder({ layer_index: 11 }).graphConfig, embedder().graphConfig);
  embedder({ layer_index: 20 }, { variant: "large" });
  assert.throws(
    () => embedder({ layer_index: 12 }),
    (error) => isRsembedError(error, "spec") && /12 blocks/.test(error.message),
  );
});

test("prepare() puts pixels that are not finite where they do least harm", () => {
  const value = (modality: string) => {
    const made = embedder({}, { modality });
    const patch = testPatch({ bands: made.model.sensor.bands, height: 224, width: 224 });
    patch.pixels.data.fill(5);
    patch.pixels.data[0] = NaN;
    return made.prepare(patch).image!.data[0];
  };
  assert(Math.abs(Number(value("s1grd"))) < 1e-6);
  assert(Math.abs(Number(value("dem"))) < 1e-6);
  assert(Math.abs(Number(value("s2l2a")) + 1390.458 / 2106.761) < 1e-6);
});

test("the graph takes files with and without the zero biases of norms", () => {
  const { keys } = keyMapOf("terramind", "tiny")!;
  const without: KeyMap = {
    keys: Object.fromEntries(
      Object.entries(keys).filter(([key]) => !/norm\d?\.bias$/.test(key)),
    ),
  };
  assert(Object.keys(without.keys).length < Object.keys(keys).length);
  const made = embedder({}, { variant: "tiny" });
  made.graph({ image: [12, 224, 224] }, randomCheckpoint(without));
});

test("v01_base goes with Sentinel-2 alone", () => {
  assert.throws(
    () => embedder({}, { variant: "v01_base", modality: "s1grd" }),
    (error) => isRsembedError(error, "spec") && error.facts.field === "modality",
  );
});
