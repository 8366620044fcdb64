import { isRsembedError, type OptionValue, resolveModel } from "@rsembed/core";
import assert from "node:assert/strict";
import { test } from "node:test";
import { testPatch } from "../_suite/patches.ts";
import type { Embedder } from "../embedder.ts";
import { card, family } from "./mod.ts";
import { scaledToa } from "./prepare.ts";

function embedder(modality: string, options: Record<string, OptionValue> = {}): Embedder {
  return family.embedder(resolveModel(card, { name: "satvision", modality, options }));
}

test("family.embedder() refuses options of toa with the proxy", () => {
  for (const options of [{ normalization: "raw" }, { reflectance_divisor: 50 }]) {
    assert.throws(
      () => embedder("proxy", options),
      (error) => isRsembedError(error, "spec") && /modality toa/.test(error.message),
    );
    embedder("toa", options);
  }
});

test("prepare() of the proxy puts reflectance and temperature where the channels are", () => {
  const { bands } = embedder("proxy").model.sensor;
  const patch = testPatch({ bands, height: 128, width: 128 });
  const plane = 128 * 128;
  bands.forEach((_, band) => patch.pixels.data.fill(1000 * band, band * plane, (band + 1) * plane));
  patch.pixels.data.fill(50 * 300, 6 * plane); // kelvin x 50
  patch.pixels.data[0] = NaN;
  const { data, shape } = embedder("proxy").prepare(patch).image!;
  assert.deepEqual(shape, [14, 128, 128]);
  const at = (channel: number) => Number(data[channel * plane + 1]);
  const reflectances = [0, 1, 2, 3, 4, 6].map(at);
  [0, 0.1, 0.2, 0.3, 0.4, 0.5].forEach((wanted, i) =>
    assert(Math.abs(reflectances[i]! - wanted) < 1e-6)
  );
  assert(Math.abs(at(5) - (300 - 223.1222) / (352.7182 - 223.1222)) < 1e-6);
  assert.equal(at(7), 1);
  assert.equal(data[0], 0);
});

test("scaledToa() finds out whether values are scaled, whatever is not finite", () => {
  const unit = new Float32Array(14 * 4).fill(0.5);
  unit[3] = NaN;
  const kept = scaledToa(unit, { normalization: "auto", divisor: 100 });
  assert.deepEqual([kept[0], kept[3]], [0.5, 0]);
  unit[0] = 50;
  const raw = scaledToa(unit, { normalization: "auto", divisor: 100 });
  assert.equal(raw[0], 0.5);
  assert(Math.abs(raw[1]! - 0.005) < 1e-9);
});
