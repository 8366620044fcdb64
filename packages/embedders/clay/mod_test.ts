import { isRsembedError, type OptionValue, resolveModel, type SensorInit } from "@rsembed/core";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { testPatch } from "../_suite/patches.ts";
import type { Embedder } from "../embedder.ts";
import { isoWeek, latLon, latLonV0, timestepV0, weekAndHour } from "./metadata.ts";
import { card, family } from "./mod.ts";

function embedder(
  options: Record<string, OptionValue> = {},
  more: { modality?: string; sensor?: SensorInit } = {},
): Embedder {
  return family.embedder(resolveModel(card, { name: "clay", options, ...more }));
}

function assertClose(actual: ArrayLike<unknown>, wanted: readonly number[]): void {
  assert.equal(actual.length, wanted.length);
  wanted.forEach((value, i) => assert(Math.abs(Number(actual[i]) - value) < 1e-6));
}

const mean = { mode: "pooled", pooling: "mean" } as const;
const { bands } = card.modalities.s2!;
const time = { start: "2020-12-28", end: "2021-01-04" };

interface Fixture {
  readonly dates: readonly { date: string; timestep: number[] }[];
  readonly latlon: readonly { lon: number; lat: number; latlon: number[] }[];
}

test("version 0 is told dates and places as upstream tells them", () => {
  const { dates, latlon }: Fixture = JSON.parse(
    readFileSync(new URL("testdata/v0-mean/metadata.json", import.meta.url), "utf8"),
  );
  for (const { date, timestep } of dates) assertClose(timestepV0(Date.parse(date)), timestep);
  for (const { lon, lat, latlon: wanted } of latlon) assertClose(latLonV0({ lon, lat }), wanted);
});

test("isoWeek() counts weeks by their Thursdays", () => {
  const week = (date: string) => isoWeek(Date.parse(date));
  assert.deepEqual(
    ["2022-07-17", "2022-07-02", "2021-01-04", "2022-01-01", "2020-12-31", "2019-12-30"].map(week),
    [28, 26, 1, 52, 53, 1],
  );
});

test("prepare() tells the middle of the window and of the place, or nothing", () => {
  const patch = testPatch({ bands, height: 20, width: 20, times: [time] });
  const told = embedder().prepare(patch);
  assertClose(told.time!.data, weekAndHour(Date.parse("2020-12-31"), 0));
  const meta = embedder().meta(patch, mean);
  assert.equal(meta.time_midpoint, "2020-12-31");
  const [lat, lon] = meta.latlon_center as [number, number];
  assertClose(told.latlon!.data, latLon({ lat, lon }));
  const untold = embedder({ use_time: false, use_location: false }).prepare(patch);
  assertClose(untold.time!.data, [0, 0, 0, 0]);
  assertClose(untold.latlon!.data, [0, 0, 0, 0]);
  const undated = testPatch({ bands, height: 20, width: 20, times: [null] });
  assertClose(embedder().prepare(undated).time!.data, [0, 0, 0, 0]);
});

test("family.embedder() takes any selection of a sensor's bands, and tells its resolution", () => {
  const sensor = { collection: "stored", bands: ["SR_B7", "SR_B2"], scaleM: 60 };
  const { graphConfig } = embedder({}, { modality: "landsat_l2", sensor });
  assert.deepEqual(graphConfig.wavelengthsUm, [2.2, 0.48]);
  assert.equal(graphConfig.groundM, 60);
  assert.throws(
    () => embedder({}, { sensor: { collection: "stored", bands: ["B2", "B1"] } }),
    (error) => isRsembedError(error, "spec") && /band B1/.test(error.message),
  );
  assert.throws(
    () => embedder({}, { modality: "v0_chip", sensor: { collection: "stored", bands: ["B2"] } }),
    (error) => isRsembedError(error, "spec") && /VH, VV, DEM/.test(error.message),
  );
});

test("prepare() refuses reflectance of Sentinel-2, and takes a patch without imagery", () => {
  const patch = testPatch({ bands, height: 8, width: 8, times: [time] });
  patch.pixels.data.fill(0.3);
  assert.throws(
    () => embedder().prepare(patch),
    (error) => isRsembedError(error, "spec") && /digital numbers/.test(error.message),
  );
  patch.pixels.data.fill(0);
  const [value] = embedder().prepare(patch).image!.data as Float32Array;
  assert(Math.abs(value! + 1105 / 1809) < 1e-6);
});

test("pooled of v1.5 is the class token, of v0 a mean or maximum of patches", () => {
  const max = { mode: "pooled", pooling: "max" } as const;
  assert.deepEqual(embedder().outputs(max), ["pooled"]);
  const old = embedder({}, { modality: "v0_chip" });
  assert.equal(old.model.variant, "v0_1");
  assert.deepEqual(old.outputs(max), ["grid_max"]);
  assert.deepEqual(old.outputs(mean), ["pooled"]);
});
