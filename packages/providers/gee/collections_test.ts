import assert from "node:assert/strict";
import { test } from "node:test";
import { isRsembedError } from "@rsembed/core";
import { assertPlane, fetched, request, s2 } from "./testdata/requests.ts";
import { constantScene, pattern, s1Scene, s2Scene, withDouble } from "./testdata/scenes.ts";

test("fetch() gives one image a frame, and says which have none", async () => {
  const scenes = ["2022-06-01", "2022-06-10", "2022-06-21"]
    .map((day, i) => constantScene("v", { time: `${day}T00:00:00Z`, value: i + 1 }));
  const frames = [
    { start: "2022-06-01", end: "2022-06-10" },
    { start: "2022-06-10", end: "2022-06-20" },
    { start: "2022-06-20", end: "2022-06-21" },
    { start: "2022-06-21", end: "2022-06-22" },
  ];
  const sensor = { collection: "users/me/v", bands: ["v"], fillValue: -1 };
  const patch = await fetched({ "users/me/v": scenes }, request(sensor, frames));
  [1, 2, -1, 3].forEach((value, t) => assertPlane(patch, { t }, () => value));
  assert.deepEqual(patch.times, frames);
  assert.deepEqual(patch.provenance.notes["empty_frames"], [2]);
  assert.deepEqual([...patch.valid.data.filter((_, i) => i % 256 === 0)], [1, 1, 0, 1]);
});

test("fetch() without a window takes scenes of any time, and says from when they are", async () => {
  const scenes = [s2Scene("2019-01-05", { plus: 2 }), s2Scene("2023-03-07", { plus: 4 })];
  const patch = await fetched({ [s2]: scenes }, request({}, [null]));
  assertPlane(patch, {}, (c, r) => pattern(c, r, 4) + 3);
  assert.deepEqual(patch.times, [{ start: "2019-01-05", end: "2023-03-08" }]);
});

test("fetch() asks for no date where the collection is terrain", async () => {
  const dem = "COPERNICUS/DEM/GLO30";
  const patch = await fetched(
    { [dem]: [constantScene("DEM", { time: "2015-01-01T00:00:00Z", value: 42 })] },
    request({ collection: dem, bands: ["DEM"], composite: "mosaic" }),
  );
  assertPlane(patch, {}, () => 42);
  assert.deepEqual(patch.provenance.notes["time_ignored"], [dem]);
  const srtm = "USGS/SRTMGL1_003";
  const image = await fetched(
    { [srtm]: constantScene("elevation", { time: null, value: 17 }) },
    request({ collection: srtm, bands: ["elevation"] }),
  );
  assertPlane(image, {}, () => 17);
});

test("fetch() filters Landsat by its own cloud property and leaves its numbers as they are", async () => {
  const id = "LANDSAT/LC08/C02/T1_L2";
  const scene = (day: string, cloud: number, value: number) => ({
    ...constantScene("SR_B4", { time: `${day}T00:00:00Z`, value }),
    properties: { CLOUD_COVER: cloud, CLOUDY_PIXEL_PERCENTAGE: 0 },
  });
  const scenes = [scene("2022-06-05", 10, 8000), scene("2022-06-06", 40, 20_000)];
  const patch = await fetched({ [id]: scenes }, request({ collection: id, bands: ["red"] }));
  assertPlane(patch, {}, () => 8000);
});

test("fetch() takes Sentinel-1 scenes by mode, pass, polarisation and scale", async () => {
  const day = (d: number) => `2022-06-${10 + d}`;
  const linear = [
    s1Scene(day(0), { plus: 1 }),
    s1Scene(day(1), { plus: 1000, mode: "EW" }),
    s1Scene(day(2), { plus: 5, pass: "DESCENDING" }),
    s1Scene(day(3), { plus: 3000, polarisations: ["VV"] }),
    s1Scene(day(4), { plus: 9 }),
  ];
  const decibels = [s1Scene(day(0), { plus: -2000 })];
  const holdings = { "COPERNICUS/S1_GRD_FLOAT": linear, "COPERNICUS/S1_GRD": decibels };
  const sensor = { collection: "COPERNICUS/S1_GRD_FLOAT", bands: ["vv", "VH"], cloudyPct: null };
  const value = (plus: number, band: number) => (c: number, r: number) =>
    (pattern(c, r, band) + plus) / 4096;
  const both = await fetched(holdings, request(sensor));
  assertPlane(both, { band: 0 }, value(5, 0));
  assertPlane(both, { band: 1 }, value(5, 1));
  assert.deepEqual(both.provenance.notes["s1_iw_applied"], true);
  const rising = await fetched(
    holdings,
    request({ ...sensor, orbit: "ASCENDING", composite: "mosaic" }),
  );
  assertPlane(rising, { band: 1 }, value(9, 1));
  assert.equal(rising.provenance.notes["s1_orbit_applied"], "ASCENDING");
  const db = await fetched(holdings, request({ ...sensor, useFloatLinear: false }));
  assertPlane(db, {}, value(-2000, 0));
  assert.equal(db.provenance.source, "COPERNICUS/S1_GRD");
});

test("fetch() takes other modes of Sentinel-1 only where there is no wide swath, and only if it may", async () => {
  const id = "COPERNICUS/S1_GRD_FLOAT";
  const holdings = {
    [id]: [s1Scene("2022-06-11", { plus: 7, mode: "EW" }), s1Scene("2022-05-11", { plus: 1 })],
  };
  const sensor = { collection: id, bands: ["VV", "VH"], cloudyPct: null };
  const patch = await fetched(holdings, request(sensor));
  assertPlane(patch, {}, (c, r) => (pattern(c, r, 0) + 7) / 4096);
  const { notes } = patch.provenance;
  assert.deepEqual(
    ["requested", "applied", "relaxed_on_empty"].map((key) => notes[`s1_iw_${key}`]),
    [true, false, true],
  );
  await assert.rejects(
    fetched(holdings, request({ ...sensor, s1RelaxIwOnEmpty: false })),
    (error) => {
      assert(isRsembedError(error, "no-data"));
      assert.match(error.message, /base 1, iw 0, vv 0, vh 0, vh_no_iw 1/);
      return true;
    },
  );
});

test("fetch() refuses Sentinel-1 without a time range", async () => {
  const sensor = { collection: "COPERNICUS/S1_GRD", bands: ["VV"], cloudyPct: null };
  await assert.rejects(fetched({}, request(sensor, [null])), /without a time range/);
});

test("fetch() joins bands of several collections in the order asked for", async () => {
  const [reflectance, surface] = ["MODIS/061/MOD09GA", "MODIS/061/MOD21A1D"];
  const day = (d: number) => `2022-06-0${d}T00:00:00Z`;
  const mod09 = (d: number, value: number) => ({
    ...constantScene("sur_refl_b01", { time: day(d), value }),
    bands: {
      sur_refl_b01: { type: "i2" as const, value: () => value },
      sur_refl_b02: { type: "i2" as const, value: () => value + 1 },
    },
  });
  const holdings = {
    [reflectance]: [mod09(1, 100), mod09(5, 200)],
    [surface]: [constantScene("LST_1KM", { time: day(3), value: 300 })],
  };
  const asked = request({
    collection: `${reflectance}+${surface}`,
    bands: ["LST_1KM", "sur_refl_b02", "sur_refl_b01"],
    composite: "mosaic",
    scaleM: 1000,
    cloudyPct: null,
  });
  await withDouble({ holdings }, async (double, open) => {
    const provider = open();
    const patch = await provider.fetch(asked);
    assert.deepEqual([...patch.pixels.data], [300, 201, 200]);
    assert.equal(patch.provenance.source, `${reflectance}+${surface}`);
    const first = double.seen.length;
    await provider.fetch(asked);
    // the names of bands are learnt once
    assert.equal(double.seen.length - first, first - 2);
    await assert.rejects(
      provider.fetch({ ...asked, sensor: { ...asked.sensor, bands: ["sur_refl_b07"] } }),
      (error) => isRsembedError(error, "not-found") && error.facts.nearest?.[0] === "sur_refl_b01",
    );
  });
});

test("fetch() joins Sentinel-2 and Sentinel-1, each with its own filters", async () => {
  const holdings = {
    [s2]: [s2Scene("2022-06-03", { plus: 6 }), s2Scene("2022-06-04", { plus: 600, cloud: 50 })],
    "COPERNICUS/S1_GRD": [s1Scene("2022-06-05"), s1Scene("2022-06-06", { plus: 900, mode: "EW" })],
  };
  const patch = await fetched(
    holdings,
    request({
      collection: `${s2}+COPERNICUS/S1_GRD`,
      bands: ["B4", "VV", "VH"],
      useFloatLinear: false,
    }),
  );
  assertPlane(patch, { band: 0 }, (c, r) => pattern(c, r, 4) + 6);
  assertPlane(patch, { band: 2 }, (c, r) => pattern(c, r, 1) / 4096);
});
