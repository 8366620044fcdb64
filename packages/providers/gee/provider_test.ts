import assert from "node:assert/strict";
import { test } from "node:test";
import {
  applyAffine,
  bbox,
  type ImageryRequest,
  invertAffine,
  isRsembedError,
  northUpGrid,
  type Patch,
  pointBuffer,
  type SensorInit,
  sensorSpec,
} from "@rsembed/core";
import { transformer } from "../raster/crs.ts";
import type { Holdings } from "./testdata/double/evaluate.ts";
import {
  constantScene,
  pattern,
  place,
  s1Scene,
  s2Scene,
  tile,
  withDouble,
} from "./testdata/scenes.ts";

const s2 = "COPERNICUS/S2_SR_HARMONIZED";
const june = { start: "2022-06-01", end: "2022-07-01" };

function request(
  sensor: Partial<SensorInit> = {},
  frames: ImageryRequest["frames"] = [june],
): ImageryRequest {
  return {
    spatial: pointBuffer({ ...place, bufferM: 80 }),
    sensor: sensorSpec({ collection: s2, bands: ["B4", "B2"], ...sensor }),
    frames,
  };
}

async function fetched(holdings: Holdings, asked: ImageryRequest): Promise<Patch> {
  return await withDouble({ holdings }, (_, open) => open().fetch(asked));
}

/** Column and row of the tile under each pixel of a patch that lies on the tile's own lattice. */
function* pixelsOf({ grid }: Patch): Generator<{ at: number; column: number; row: number }> {
  const inverse = invertAffine(tile.transform);
  for (let y = 0; y < grid.height; y++) {
    for (let x = 0; x < grid.width; x++) {
      const [column, row] = applyAffine(inverse, applyAffine(grid.transform, [x, y]));
      yield { at: y * grid.width + x, column, row };
    }
  }
}

function assertPlane(
  patch: Patch,
  { t = 0, band = 0 }: { t?: number; band?: number },
  expected: (column: number, row: number) => number,
): void {
  const [, bands, height, width] = patch.pixels.shape;
  const start = (t * bands + band) * height * width;
  let count = 0;
  for (const { at, column, row } of pixelsOf(patch)) {
    assert.equal(patch.pixels.data[start + at], Math.fround(expected(column, row)), `pixel ${at}`);
    count++;
  }
  assert(count > 0);
}

test("fetch() gives the median of the scenes inside [start, end) under the cloud limit", async () => {
  const inside = [
    s2Scene("2022-06-20", { plus: 300 }),
    s2Scene("2022-06-01T00:00:00Z", { plus: 10, cloud: 30 }),
    s2Scene("2022-06-30T23:59:59Z", { plus: 5000, cloud: 0 }),
  ];
  const outside = [
    s2Scene("2022-05-31T23:59:59Z", { plus: 9000 }),
    s2Scene("2022-07-01T00:00:00Z", { plus: 9100 }),
    s2Scene("2022-06-11", { plus: 9200, cloud: 30.1 }),
    s2Scene("2022-06-12", { plus: 9300, cloud: null }),
    s2Scene("2022-06-13", {
      plus: 9400,
      grid: northUpGrid({
        crs: tile.crs,
        west: 600_000,
        north: 3_470_000,
        pixelSize: 10,
        width: 100,
        height: 100,
      }),
    }),
  ];
  const patch = await fetched({ [s2]: [...outside, ...inside] }, request());
  assert.deepEqual(patch.pixels.shape, [1, 2, 16, 16]);
  assert.equal(patch.grid.crs, "EPSG:32651");
  assertPlane(patch, { band: 0 }, (c, r) => pattern(c, r, 4) + 300);
  assertPlane(patch, { band: 1 }, (c, r) => pattern(c, r, 2) + 300);
  assert.deepEqual(patch.bands, ["B4", "B2"]);
  assert.deepEqual(patch.times, [june]);
  assert(patch.valid.data.every((v) => v === 1));
  assert.deepEqual(patch.provenance.items, [
    { id: `${s2}/S2_2022-06-01T00:00:00Z`, datetime: "2022-06-01T00:00:00.000Z" },
    { id: `${s2}/S2_2022-06-20`, datetime: "2022-06-20T02:30:00.000Z" },
    { id: `${s2}/S2_2022-06-30T23:59:59Z`, datetime: "2022-06-30T23:59:59.000Z" },
  ]);
});

test("fetch() takes the mean of the middle two where the number of scenes is even", async () => {
  const scenes = [4, 1, 100, 50].map((plus, i) => s2Scene(`2022-06-1${i}`, { plus }));
  const patch = await fetched({ [s2]: scenes }, request());
  assertPlane(patch, {}, (c, r) => pattern(c, r, 4) + 27);
});

test("fetch() filters no clouds when cloudyPct is null", async () => {
  const scenes = [
    s2Scene("2022-06-10", { cloud: 99, plus: 7 }),
    s2Scene("2022-06-11", { cloud: null, plus: 9 }),
  ];
  const patch = await fetched({ [s2]: scenes }, request({ cloudyPct: null }));
  assertPlane(patch, {}, (c, r) => pattern(c, r, 4) + 8);
});

test("fetch() takes instants as the ends of a window as well as days", async () => {
  const scenes = [
    s2Scene("2022-06-10T02:00:00Z", { plus: 1 }),
    s2Scene("2022-06-10T04:00:00Z", { plus: 2 }),
  ];
  const window = { start: "2022-06-10T03:00:00+01:00", end: "2022-06-10T04:00:00Z" };
  const patch = await fetched({ [s2]: scenes }, request({}, [window]));
  assertPlane(patch, {}, (c, r) => pattern(c, r, 4) + 1);
});

test("fetch() lays the latest scene on top when it makes a mosaic, whatever their order", async () => {
  const left = (column: number) => column < 1740;
  const scenes = [
    s2Scene("2022-06-20", { plus: 300, hole: left }),
    s2Scene("2022-06-25", { plus: 900, cloud: 80 }),
    s2Scene("2022-06-02", { plus: 20 }),
    s2Scene("2022-06-10", { plus: 100, hole: (_, row) => row % 2 === 0 }),
  ];
  const middle = await fetched({ [s2]: scenes }, request({ composite: "mosaic" }));
  const columns = [...pixelsOf(middle)].map(({ column }) => column);
  assert(Math.min(...columns) < 1740 || Math.max(...columns) >= 1740);
  assertPlane(middle, {}, (c, r) => pattern(c, r, 4) + (left(c) ? r % 2 === 0 ? 20 : 100 : 300));
});

test("fetch() fills and marks pixels that no scene has", async () => {
  const hole = (column: number, row: number) => (column + row) % 3 === 0;
  const scene = s2Scene("2022-06-20", { hole });
  const patch = await fetched({ [s2]: [scene] }, request({ bands: ["B4", "B8A"], fillValue: -7 }));
  const plane = 256;
  let filled = 0;
  for (const { at, column, row } of pixelsOf(patch)) {
    assert.equal(patch.valid.data[at], hole(column, row) ? 0 : 1);
    assert.equal(patch.pixels.data[at], hole(column, row) ? -7 : pattern(column, row, 4));
    // the other band has imagery there, and keeps it
    assert(patch.pixels.data[plane + at]! > 8000);
    if (hole(column, row)) filled++;
  }
  assert(filled > 50);
});

test("fetch() keeps values that look like a mask: zero, and the fill value itself", async () => {
  const zero = {
    ...s2Scene("2022-06-20"),
    bands: { B4: { type: "i2" as const, value: (c: number) => c % 2 === 0 ? 0 : -7 } },
  };
  const patch = await fetched({ [s2]: [zero] }, request({ bands: ["B4"], fillValue: -7 }));
  assertPlane(patch, {}, (c) => c % 2 === 0 ? 0 : -7);
  assert(patch.valid.data.every((v) => v === 1));
});

test("fetch() finds bands by their other names, and gives them as they were asked for", async () => {
  const patch = await fetched(
    { [s2]: [s2Scene("2022-06-20")] },
    request({ bands: ["blue", "RED", "B03"] }),
  );
  assert.deepEqual(patch.bands, ["blue", "RED", "B03"]);
  [2, 4, 3].forEach((source, band) =>
    assertPlane(patch, { band }, (c, r) => pattern(c, r, source))
  );
});

test("fetch() interpolates coarser bands on the utm grid, and repeats them on webmercator", async () => {
  const holdings = { [s2]: [s2Scene("2022-06-20")] };
  const smooth = await fetched(holdings, request({ bands: ["B8A"] }));
  // a pixel of 10 m lies a quarter into that of 20 m
  assertPlane(smooth, {}, (c, r) => {
    const x = Math.floor((c - 1) / 2), y = Math.floor((r - 1) / 2);
    const u = c % 2 === 0 ? 0.75 : 0.25, v = r % 2 === 0 ? 0.75 : 0.25;
    const at = (dx: number, dy: number) => pattern(x + dx, y + dy, 8);
    return (1 - v) * ((1 - u) * at(0, 0) + u * at(1, 0)) + v * ((1 - u) * at(0, 1) + u * at(1, 1));
  });
  const plain = await fetched(holdings, request({ bands: ["B8A"], projection: "webmercator" }));
  const { grid } = plain;
  const back = transformer("EPSG:3857", tile.crs);
  for (let i = 0; i < grid.width * grid.height; i++) {
    const centre = applyAffine(grid.transform, [
      i % grid.width + 0.5,
      Math.floor(i / grid.width) + 0.5,
    ]);
    const [x, y] = back.point(centre);
    const expected = pattern(Math.floor((x - 340_000) / 20), Math.floor((3_470_000 - y) / 20), 8);
    assert.equal(plain.pixels.data[i], expected);
  }
  assert.deepEqual(smooth.provenance.notes["resampling"], ["bilinear"]);
  assert.deepEqual(plain.provenance.notes["resampling"], ["nearest"]);
});

test("fetch() puts north up and west left, in both hemispheres and on both grids", async () => {
  for (const lat of [31.2, -31.2]) {
    const crs = lat > 0 ? "EPSG:32651" : "EPSG:32751";
    const [x, y] = transformer("EPSG:4326", crs).point([121.5, lat]);
    const west = Math.round(x / 10) * 10 - 5000, north = Math.round(y / 10) * 10 + 5000;
    const grid = northUpGrid({ crs, west, north, pixelSize: 10, width: 1000, height: 1000 });
    const scene = {
      ...constantScene("east", { time: null, value: 0, grid }),
      bands: {
        east: { type: "i4" as const, value: (column: number) => west + 10 * column + 5 },
        north: { type: "i4" as const, value: (_: number, row: number) => north - 10 * row - 5 },
      },
    };
    for (const projection of ["utm", "webmercator"] as const) {
      const patch = await fetched({ "users/me/lonlat": [scene] }, {
        spatial: pointBuffer({ lon: 121.5, lat, bufferM: 200 }),
        sensor: sensorSpec({ collection: "users/me/lonlat", bands: ["east", "north"], projection }),
        frames: [null],
      });
      const toScene = transformer(patch.grid.crs, crs);
      const plane = patch.grid.width * patch.grid.height;
      for (let i = 0; i < plane; i++) {
        const position = [
          i % patch.grid.width + 0.5,
          Math.floor(i / patch.grid.width) + 0.5,
        ] as const;
        const [px, py] = toScene.point(applyAffine(patch.grid.transform, position));
        assert(Math.abs(patch.pixels.data[i]! - px) <= 5.01, `${lat} ${projection} east`);
        assert(Math.abs(patch.pixels.data[plane + i]! - py) <= 5.01, `${lat} ${projection} north`);
      }
    }
  }
});

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

test("fetch() says no-data, not-found or unsupported when there is nothing to give", async () => {
  const holdings = { [s2]: [s2Scene("2022-08-03")] };
  await assert.rejects(fetched(holdings, request()), (error) => {
    assert(isRsembedError(error, "no-data"));
    assert.match(error.message, /no scene has pixels there from 2022-06-01\/2022-07-01/);
    return true;
  });
  await assert.rejects(
    fetched({ [s2]: [s2Scene("2022-06-03")] }, request({ bands: ["B4", "B77"] })),
    (error) => isRsembedError(error, "not-found") && error.facts.name === "B77",
  );
  await assert.rejects(
    fetched({}, request({ collection: "COPERNICUS/S2_NOWHERE" })),
    (error) => isRsembedError(error, "not-found") && error.facts.name === "COPERNICUS/S2_NOWHERE",
  );
  await assert.rejects(
    fetched({}, request({ collection: "sentinel-1-rtc" })),
    (error) => isRsembedError(error, "unsupported"),
  );
});

test("fetch() says no-data when scenes are there and all their pixels are missing", async () => {
  const scene = s2Scene("2022-06-03", { hole: () => true });
  await assert.rejects(
    fetched({ [s2]: [scene] }, request()),
    (error) => isRsembedError(error, "no-data"),
  );
});

test("fetch() crosses the antimeridian on webmercator", async () => {
  const grid = (crs: string, west: number) =>
    northUpGrid({ crs, west, north: 8_300_000, pixelSize: 100, width: 1000, height: 4000 });
  const holdings = {
    "users/me/v": [
      constantScene("v", { time: null, value: 60, grid: grid("EPSG:32760", 760_000) }),
      constantScene("v", { time: null, value: 1, grid: grid("EPSG:32701", 150_000) }),
    ],
  };
  const patch = await fetched(holdings, {
    spatial: bbox({ minLon: 179.99, minLat: -17.01, maxLon: -179.99, maxLat: -17 }),
    sensor: sensorSpec({
      collection: "users/me/v",
      bands: ["v"],
      projection: "webmercator",
      scaleM: 100,
      composite: "mosaic",
    }),
    frames: [null],
  });
  const { width } = patch.grid;
  assert.equal(width, 22);
  const edge = (20_037_508.342789244 - patch.grid.transform[2]) / 100;
  for (let x = 0; x < width; x++) {
    const value = patch.pixels.data[x];
    // scenes overlap about the meridian, and the later one lies on top
    if (x + 0.5 > edge + 9) assert.equal(value, 1);
    if (x + 0.5 < edge - 9) assert([60, 1].includes(value!));
  }
  assert(patch.valid.data.every((v) => v === 1));
});

test("fetch() cuts what is over 48 MB into several requests, and puts it together", async () => {
  const bands = Array.from({ length: 12 }, (_, i) => `A${i}`);
  const scene = {
    ...constantScene("A0", { time: null, value: 0, grid: { ...tile, width: 4000 } }),
    bands: Object.fromEntries(bands.map((name, band) => [name, {
      type: "i4" as const,
      value: (column: number, row: number) => band + 100 * column + 1000 * row,
    }])),
  };
  await withDouble({ holdings: { "users/me/wide": [scene] } }, async (double, open) => {
    const patch = await open({ listScenes: false }).fetch({
      spatial: pointBuffer({ ...place, bufferM: 5130 }),
      sensor: sensorSpec({ collection: "users/me/wide", bands, composite: "mosaic" }),
      frames: [null],
    });
    assert.deepEqual(patch.pixels.shape, [1, 12, 1026, 1026]);
    assert.equal(double.seen.length, 2);
    const plane = 1026 * 1026;
    for (const { at, column, row } of pixelsOf(patch)) {
      const expected = 100 * column + 1000 * row;
      if (
        patch.pixels.data[at] !== expected || patch.pixels.data[11 * plane + at] !== expected + 11
      ) {
        assert.fail(`pixel ${at}`);
      }
    }
  });
});

test("fetch() asks once for the pixels and once for the scenes, or only for the pixels", async () => {
  await withDouble({ holdings: { [s2]: [s2Scene("2022-06-03")] } }, async (double, open) => {
    await open().fetch(request());
    assert.deepEqual(double.seen.map(({ method }) => method).sort(), [
      "image:computePixels",
      "value:compute",
    ]);
    const patch = await open({ listScenes: false }).fetch(request());
    assert.equal(double.seen.length, 3);
    assert.deepEqual(patch.provenance.items, []);
    const { headers, path } = double.seen[2]!;
    assert.equal(path, "/v1/projects/test-project/image:computePixels");
    assert.equal(headers["x-goog-user-project"], "test-project");
  });
});

test("fetch() reports progress for each frame", async () => {
  await withDouble({ holdings: { [s2]: [s2Scene("2022-06-03")] } }, async (_, open) => {
    const seen: unknown[] = [];
    await open().fetch(request({}, [june, june]), {
      onProgress: (progress) => seen.push(progress),
    });
    assert.deepEqual(seen, [
      { stage: "fetch", done: 1, total: 2 },
      { stage: "fetch", done: 2, total: 2 },
    ]);
  });
});
