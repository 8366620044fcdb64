import assert from "node:assert/strict";
import { test } from "node:test";
import { applyAffine, isRsembedError, northUpGrid, pointBuffer, sensorSpec } from "@rsembed/core";
import { transformer } from "../raster/crs.ts";
import { assertPlane, fetched, june, pixelsOf, request, s2 } from "./testdata/requests.ts";
import { constantScene, pattern, s2Scene, tile } from "./testdata/scenes.ts";

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

test("fetch() leaves cloudy pixels out when asked to, by class or by bits", async () => {
  const classes = [3, 8, 9, 10, 11, 6];
  const cloudy = s2Scene("2022-06-10", { plus: 4000 });
  const SCL = { type: "u1" as const, factor: 2, value: (c: number) => classes[c % 6]! };
  const scenes = [
    { ...cloudy, bands: { ...cloudy.bands, SCL } },
    s2Scene("2022-06-20", { plus: 100 }),
  ].map((scene) => ({ ...scene, bands: { SCL: { ...SCL, value: () => 4 }, ...scene.bands } }));
  const patch = await fetched({ [s2]: scenes }, request({ cloudMask: true, projection: "utm" }));
  assertPlane(patch, {}, (c, r) => pattern(c, r, 4) + ((c >> 1) % 6 < 4 ? 100 : 2050));
  const id = "LANDSAT/LC08/C02/T1_L2";
  const landsat = {
    ...s2Scene("2022-06-10"),
    properties: { CLOUD_COVER: 1 },
    bands: {
      SR_B4: { type: "u2" as const, value: (c: number, r: number) => pattern(c, r, 4) },
      QA_PIXEL: { type: "u2" as const, value: (c: number) => c % 2 === 0 ? 21824 : 21824 | 0b1000 },
    },
  };
  const sensor = { collection: id, bands: ["RED"], cloudMask: true, fillValue: -1 };
  const red = await fetched({ [id]: [landsat] }, request(sensor));
  assertPlane(red, {}, (c, r) => c % 2 === 0 ? pattern(c, r, 4) : -1);
});

test("fetch() refuses to mask clouds that a collection does not tell", async () => {
  const asked = request({ collection: "COPERNICUS/S2_HARMONIZED", cloudMask: true });
  await assert.rejects(fetched({}, asked), (e) => isRsembedError(e, "unsupported"));
});
