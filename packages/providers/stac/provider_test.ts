import assert from "node:assert/strict";
import { test } from "node:test";
import { isRsembedError, northUpGrid, pointBuffer, validFraction } from "@rsembed/core";
import { transformer } from "../raster/crs.ts";
import { assertPlane, june, request, withWorld } from "./testdata/requests.ts";
import { pattern, place, s2Scene, tile } from "./testdata/world.ts";

const red = (plus: number) => (column: number, row: number) =>
  pattern(column, row, 4) + plus - 1000;

test("fetch() gives the median of the scenes inside [start, end) under the cloud limit", async () => {
  const inside = [
    s2Scene("2022-06-20", { plus: 300 }),
    s2Scene("2022-06-01T00:00:00Z", { plus: 10, cloud: 30 }),
    s2Scene("2022-06-30T23:59:59.5Z", { plus: 5000, cloud: 0 }),
  ];
  const outside = [
    s2Scene("2022-05-31T23:59:59Z", { plus: 9000 }),
    s2Scene("2022-07-01T00:00:00Z", { plus: 9100 }),
    s2Scene("2022-06-11", { plus: 9200, cloud: 30.1 }),
    s2Scene("2022-06-12", { plus: 9300, cloud: null }),
    s2Scene("2022-06-13", {
      plus: 9400,
      mgrs: "32VPJ",
      grid: { ...tile, transform: [10, 0, 600_000, 0, -10, 6_348_000] },
    }),
  ];
  await withWorld({ planetary: [...outside, ...inside] }, async ({ open, searches }) => {
    const patch = await open().fetch(request());
    assert.deepEqual(patch.pixels.shape, [1, 2, 64, 64]);
    assert.equal(patch.grid.crs, "EPSG:32632");
    assertPlane(patch, { band: 0 }, red(300));
    assertPlane(patch, { band: 1 }, (c, r) => pattern(c, r, 2) + 300 - 1000);
    assert.deepEqual(patch.times, [june]);
    assert.equal(validFraction(patch), 1);
    const { provider, source, items, notes } = patch.provenance;
    assert.deepEqual({ provider, source }, {
      provider: "stac",
      source: "planetary-computer/sentinel-2-l2a",
    });
    assert.deepEqual(items, [
      { id: "S2_32VNJ_2022-06-01T00:00:00Z", datetime: "2022-06-01T00:00:00.000Z" },
      { id: "S2_32VNJ_2022-06-20", datetime: "2022-06-20T10:30:00.000Z" },
      { id: "S2_32VNJ_2022-06-30T23:59:59.5Z", datetime: "2022-06-30T23:59:59.500Z" },
    ]);
    assert.deepEqual(notes["resampling"], ["copy"]);
    assert.deepEqual((notes["scenes"] as unknown[])[1], {
      id: "S2_32VNJ_2022-06-20",
      frame: 0,
      share: 1,
      cloud_cover: 5,
      baseline: 5.09,
      offset: -1000,
      offset_rule: "processing baseline 04.00 or later",
    });
    assert.equal(searches.length, 1);
    assert.deepEqual(searches[0]!.body["query"], { "eo:cloud_cover": { lte: 30 } });
    assert.equal(searches[0]!.body["datetime"], "2022-06-01T00:00:00Z/2022-06-30T23:59:59.999Z");
  });
});

test("fetch() lays the latest scene on top when it makes a mosaic", async () => {
  const scenes = [
    s2Scene("2022-06-20", { plus: 300, hole: (column) => column < 230 }),
    s2Scene("2022-06-02", { plus: 20 }),
    s2Scene("2022-06-10", { plus: 100, hole: (_, row) => row % 2 === 0 }),
  ];
  await withWorld({ planetary: scenes }, async ({ open }) => {
    const patch = await open().fetch(request({ composite: "mosaic" }));
    assertPlane(patch, {}, (c, r) => red(c >= 230 ? 300 : r % 2 === 1 ? 100 : 20)(c, r));
  });
});

test("fetch() fills and marks pixels that no scene has", async () => {
  const hole = (column: number) => column % 5 === 0;
  await withWorld({ planetary: [s2Scene("2022-06-20", { hole })] }, async ({ open }) => {
    const patch = await open().fetch(request({ fillValue: -7 }));
    assertPlane(patch, {}, (c, r) => hole(c) ? -7 : red(0)(c, r));
    assert(Math.abs(validFraction(patch) - 0.8) < 0.02);
  });
});

test("fetch() takes off the offset by the processing baseline, never by the date", async () => {
  const scenes = [
    s2Scene("2022-06-10", { plus: 500, baseline: "03.01" }),
    s2Scene("2022-06-20", { plus: 0, baseline: "04.00", hole: (c) => c % 2 === 0 }),
  ];
  await withWorld({ planetary: scenes }, async ({ open }) => {
    const patch = await open().fetch(request({ composite: "mosaic" }));
    assertPlane(patch, {}, (c, r) => c % 2 === 0 ? pattern(c, r, 4) + 500 : red(0)(c, r));
  });
});

test("fetch() never gives less than 0, and keeps dark pixels valid", async () => {
  const dark = s2Scene("2022-06-10", { plus: -1250 });
  await withWorld({ planetary: [dark] }, async ({ open }) => {
    const patch = await open().fetch(request());
    assertPlane(patch, {}, () => 0);
    assert.equal(validFraction(patch), 1);
  });
});

test("fetch() counts a scene once, by its highest processing baseline", async () => {
  const scenes = [
    s2Scene("2022-06-10", { plus: 1, baseline: "03.00", id: "old" }),
    s2Scene("2022-06-10", {
      plus: 2,
      baseline: "05.10",
      id: "new",
      properties: { "s2:generation_time": "2023-01-01T00:00:00Z" },
    }),
    s2Scene("2022-06-10", {
      plus: 3,
      baseline: "05.10",
      id: "newest",
      properties: { "s2:generation_time": "2024-01-01T00:00:00Z" },
    }),
  ];
  await withWorld({ planetary: scenes }, async ({ open }) => {
    const patch = await open().fetch(request());
    assert.deepEqual(patch.provenance.items.map(({ id }) => id), ["newest"]);
    assertPlane(patch, {}, red(3));
  });
});

test("fetch() leaves cloudy pixels out when asked to", async () => {
  // classes of 20 m: shadow, medium cloud, high cloud, cirrus, snow, water
  const classes = [3, 8, 9, 10, 11, 6];
  const scenes = [
    s2Scene("2022-06-10", { plus: 4000, scl: (c) => classes[c % classes.length]! }),
    s2Scene("2022-06-20", { plus: 100 }),
  ];
  await withWorld({ planetary: scenes }, async ({ open }) => {
    const masked = await open().fetch(request({ cloudMask: true, composite: "median" }));
    assertPlane(masked, {}, (c, r) => red((c >> 1) % 6 < 4 ? 100 : 2050)(c, r));
    assert.equal(masked.provenance.notes["cloud_mask"], true);
    const all = await open().fetch(request());
    assertPlane(all, {}, red(2050));
  });
});

test("fetch() interpolates coarser bands on the utm grid, and repeats them on webmercator", async () => {
  await withWorld({ planetary: [s2Scene("2022-06-10")] }, async ({ open }) => {
    const sensor = { bands: ["B4", "B5", "B1"], cloudMask: false };
    const patch = await open().fetch(request(sensor));
    assertPlane(patch, { band: 0 }, red(0));
    assert.deepEqual(patch.provenance.notes["resampling"], ["copy", "bilinear"]);
    const coarse = (c: number, r: number, band: number, factor: number) => {
      const at = (x: number, y: number) => pattern(x, y, band) - 1000;
      const px = (c + 0.5) / factor - 0.5, py = (r + 0.5) / factor - 0.5;
      const x = Math.floor(px), y = Math.floor(py), u = px - x, v = py - y;
      return (1 - v) * ((1 - u) * at(x, y) + u * at(x + 1, y)) +
        v * ((1 - u) * at(x, y + 1) + u * at(x + 1, y + 1));
    };
    const [, , height, width] = patch.pixels.shape;
    const [, , west, , , north] = patch.grid.transform;
    for (const [band, number, factor] of [[1, 5, 2], [2, 1, 6]] as const) {
      for (let i = 0; i < height * width; i++) {
        const c = (west - 546_000) / 10 + i % width;
        const r = (6_348_000 - north) / 10 + Math.floor(i / width);
        const value = patch.pixels.data[band * height * width + i]!;
        assert(Math.abs(value - coarse(c, r, number, factor)) < 0.01, `${band} ${i}`);
      }
    }
    const mercator = await open().fetch(request({ ...sensor, projection: "webmercator" }));
    assert.equal(mercator.grid.crs, "EPSG:3857");
    assert.deepEqual(mercator.provenance.notes["resampling"], ["nearest"]);
    for (const value of mercator.pixels.data) assert(Number.isInteger(value));
  });
});

test("fetch() joins scenes of two tiles and of two zones", async () => {
  // west of column 230 one tile, east of it another one; a third lies in the next zone, below both
  const west = s2Scene("2022-06-10", { plus: 100, hole: (c) => c >= 230 });
  const east = s2Scene("2022-06-10", { plus: 200, mgrs: "32VPJ", hole: (c) => c < 240 });
  const zone33 = northUpGrid({
    crs: "EPSG:32633",
    west: 180_000,
    north: 6_370_000,
    pixelSize: 10,
    width: 1200,
    height: 2400,
  });
  const other = { ...s2Scene("2022-06-01", { mgrs: "33VUD", grid: zone33 }) };
  const flat = { ...other, bands: { ...other.bands, B04: { value: () => 4321 } } };
  await withWorld({ planetary: [west, east, flat] }, async ({ open }) => {
    const patch = await open().fetch(request({ bands: ["B4"], composite: "mosaic" }));
    assertPlane(patch, {}, (c, r) => c < 230 ? red(100)(c, r) : c >= 240 ? red(200)(c, r) : 3321);
    assert.equal(patch.provenance.items.length, 3);
  });
});

test("fetch() reads from overviews where the grid is coarser", async () => {
  await withWorld({ planetary: [s2Scene("2022-06-10")] }, async ({ open, server }) => {
    const patch = await open().fetch(request({ bands: ["B4"], scaleM: 20 }));
    assert.equal(patch.pixels.shape[3], 32);
    const [, , west, , , north] = patch.grid.transform;
    const [c, r] = [(west - 546_000) / 20, (6_348_000 - north) / 20];
    assert.equal(patch.pixels.data[0], pattern(2 * c, 2 * r, 4) - 1000);
    // one request for the tables, one for the tile of the overview
    assert.equal(server.seen.filter(({ path }) => path.includes("B04")).length, 2);
  });
});

test("fetch() gives one image a frame from one search, and says which have none", async () => {
  const scenes = [s2Scene("2022-06-10", { plus: 10 }), s2Scene("2022-08-10", { plus: 30 })];
  await withWorld({ planetary: scenes }, async ({ open, searches }) => {
    const frames = [
      june,
      { start: "2022-07-01", end: "2022-08-01" },
      { start: "2022-08-01", end: "2022-09-01" },
    ];
    const seen: number[] = [];
    const patch = await open().fetch(request({ bands: ["B4"] }, frames), {
      onProgress: (progress) => {
        if (progress.stage === "fetch") seen.push(progress.done);
      },
    });
    assert.deepEqual(patch.pixels.shape, [3, 1, 64, 64]);
    assertPlane(patch, { t: 0 }, red(10));
    assertPlane(patch, { t: 1 }, () => 0);
    assertPlane(patch, { t: 2 }, red(30));
    assert.deepEqual(patch.provenance.notes["empty_frames"], [1]);
    assert.equal(searches.length, 1);
    assert.deepEqual(seen, [1, 3]);
  });
});

test("fetch() takes the clearest scenes where it may take only so many", async () => {
  const scenes = [30, 2, 17, 9].map((cloud, i) =>
    s2Scene(`2022-06-1${i}`, { cloud, plus: 10 * i })
  );
  await withWorld({ planetary: scenes }, async ({ open }) => {
    const patch = await open({ maxScenes: 2 }).fetch(request());
    assertPlane(patch, {}, red(20));
    assert.equal(patch.provenance.items.length, 2);
  });
});

for (
  const [how, datatakes] of [["by their time", []], ["by their datatake", [
    "04.00",
    "05.09",
  ]]] as const
) {
  test(`fetch() takes the clearest that have pixels there, and all tiles of a pass, ${how}`, async () => {
    const day = "2022-06-12T10:30:00Z";
    const [west = {}, east = {}] = datatakes.map((baseline) => ({
      properties: { "s2:datatake_id": `GS2A_20220612T103000_036400_N${baseline}` },
    }));
    const scenes = [
      s2Scene("2022-06-10", { cloud: 1, hole: () => true }),
      s2Scene(day, { ...west, cloud: 9, plus: 100, id: "west", hole: (c) => c >= 230 }),
      s2Scene(day, {
        ...east,
        cloud: 30,
        plus: 200,
        id: "east",
        mgrs: "32VPJ",
        hole: (c) => c < 230,
      }),
      s2Scene("2022-06-20", { cloud: 12, plus: 5000 }),
    ];
    await withWorld({ planetary: scenes }, async ({ open }) => {
      const patch = await open({ maxScenes: 1 }).fetch(request({ bands: ["B4"] }));
      assertPlane(patch, {}, (c, r) => red(c < 230 ? 100 : 200)(c, r));
      assert.deepEqual(patch.provenance.items.map(({ id }) => id).sort(), ["east", "west"]);
    });
  });
}

test("fetch() crosses the antimeridian", async () => {
  const [x, y] = transformer("EPSG:4326", "EPSG:32601").point([-179.99, 64.82]);
  const grid = northUpGrid({
    crs: "EPSG:32601",
    west: Math.round(x / 10) * 10 - 3000,
    north: Math.round(y / 10) * 10 + 3000,
    pixelSize: 10,
    width: 600,
    height: 600,
  });
  const scene = s2Scene("2022-06-10", { grid, mgrs: "01WCN" });
  await withWorld({ planetary: [scene] }, async ({ open, searches }) => {
    const spatial = pointBuffer({ lon: -179.99, lat: 64.82, bufferM: 900 });
    const patch = await open().fetch({ ...request({ bands: ["B4"] }), spatial });
    assert.equal(searches.length, 2);
    assert.equal(validFraction(patch), 1);
    assertPlane(patch, { grid }, red(0));
  });
});

test("fetch() says no-data, not-found, unsupported or spec when there is nothing to give", async () => {
  await withWorld({ planetary: [s2Scene("2022-06-10")] }, async ({ open }) => {
    const provider = open({ stac: "planetary-computer" });
    const refuse = (
      sensor: Parameters<typeof request>[0],
      code: "no-data" | "not-found" | "unsupported",
    ) => assert.rejects(provider.fetch(request(sensor)), (e) => isRsembedError(e, code), code);
    await refuse({ cloudyPct: 1 }, "no-data");
    await refuse({ bands: ["B4", "B99"] }, "not-found");
    await refuse({ bands: ["B12"] }, "not-found");
    await refuse({ collection: "COPERNICUS/S2_HARMONIZED" }, "unsupported");
    await refuse({ collection: "MODIS/061/MOD09GA", bands: ["x"] }, "unsupported");
    await assert.rejects(
      provider.fetch(request({}, [{ start: "2021-01-01", end: "2021-02-01" }])),
      (e) => isRsembedError(e, "no-data") && /planetary-computer: no scenes/.test(e.message),
    );
  });
  await withWorld({}, ({ open }) => {
    assert.throws(() => open({ stac: "planetary" }), (e) => isRsembedError(e, "spec"));
    assert.throws(() => open({ maxScenes: 0 }), (e) => isRsembedError(e, "spec"));
    return Promise.resolve();
  });
});

test("fetch() says no-data where scenes are there and all their pixels are missing", async () => {
  const scenes = [s2Scene("2022-06-10", { hole: () => true })];
  await withWorld({ planetary: scenes }, async ({ open }) => {
    await assert.rejects(open().fetch(request()), (e) => isRsembedError(e, "no-data"));
  });
});

test("places close together share searches, tables and tiles", async () => {
  await withWorld({ planetary: [s2Scene("2022-06-10")] }, async ({ open, server, searches }) => {
    const provider = open();
    const at = (i: number) => ({
      ...request(),
      spatial: pointBuffer({ lon: place.lon + 0.01 + 0.001 * i, lat: place.lat, bufferM: 160 }),
    });
    for (let i = 0; i < 10; i++) await provider.fetch(at(i));
    const together = { ...provider.traffic(), searches: searches.length };
    server.seen.length = searches.length = 0;
    for (let i = 0; i < 10; i++) {
      const alone = open();
      await alone.fetch(at(i));
    }
    const apart = server.seen.filter(({ range }) => range !== null).length;
    assert.equal(together.searches, 1);
    assert(apart >= 5 * together.requests, `${apart} apart, ${together.requests} together`);
    assert(together.blocksRead < together.blocksAsked / 3);
  });
});
