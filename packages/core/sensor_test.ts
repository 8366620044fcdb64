import assert from "node:assert/strict";
import test from "node:test";
import { applyFetch, isRsembedError, type SensorInit, sensorSpec } from "./mod.ts";

const init = { collection: "COPERNICUS/S2_SR_HARMONIZED", bands: ["B4", "B8"] };

test("sensorSpec() fills in what is not said", () => {
  assert.deepEqual(sensorSpec(init), {
    ...init,
    scaleM: 10,
    cloudyPct: 30,
    fillValue: 0,
    composite: "median",
    cloudMask: false,
    projection: "utm",
    modality: null,
    orbit: null,
    useFloatLinear: true,
    s1RequireIw: true,
    s1RelaxIwOnEmpty: true,
  });
  assert.equal(sensorSpec({ ...init, cloudyPct: null }).cloudyPct, null);
});

test("sensorSpec() names the field that is wrong", () => {
  const wrong: Partial<Record<keyof SensorInit, readonly unknown[]>> = {
    collection: [""],
    bands: [[], ["B4", "B4"]],
    scaleM: [0, -10, NaN, Infinity],
    cloudyPct: [-1, 101, NaN],
    fillValue: [NaN, -Infinity],
    composite: ["mean"],
    projection: ["EPSG:4326"],
  };
  for (const [field, values] of Object.entries(wrong)) {
    for (const value of values) {
      assert.throws(
        () => sensorSpec({ ...init, [field]: value } as SensorInit),
        (error) => isRsembedError(error, "spec") && error.facts.field === `sensor.${field}`,
        `${field} ${value}`,
      );
    }
  }
});

test("applyFetch() changes what is given and leaves the rest", () => {
  const sensor = sensorSpec({ ...init, scaleM: 20, modality: "s2" });
  const changed = applyFetch(sensor, { cloudyPct: null, composite: "mosaic" });
  assert.deepEqual(changed, { ...sensor, cloudyPct: null, composite: "mosaic" });
  assert.deepEqual(applyFetch(sensor, { scaleM: undefined } as object), sensor);
  assert.throws(() => applyFetch(sensor, { scaleM: -1 }), (error) => isRsembedError(error, "spec"));
});
