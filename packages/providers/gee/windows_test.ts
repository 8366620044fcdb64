import assert from "node:assert/strict";
import { test } from "node:test";
import { bbox, type ImageryRequest, northUpGrid, pointBuffer, sensorSpec } from "@rsembed/core";
import { fetched, june, pixelsOf, request, s2 } from "./testdata/requests.ts";
import { constantScene, place, s2Scene, tile, withDouble } from "./testdata/scenes.ts";

function acrossAntimeridian(minLon: number): ImageryRequest {
  return {
    spatial: bbox({ minLon, minLat: -17.01, maxLon: -minLon, maxLat: -17 }),
    sensor: sensorSpec({
      collection: "users/me/v",
      bands: ["v"],
      projection: "webmercator",
      scaleM: 100,
      composite: "mosaic",
    }),
    frames: [null],
  };
}

test("fetch() crosses the antimeridian on webmercator", async () => {
  const grid = (crs: string, west: number) =>
    northUpGrid({ crs, west, north: 8_300_000, pixelSize: 100, width: 1000, height: 4000 });
  const holdings = {
    "users/me/v": [
      constantScene("v", { time: null, value: 60, grid: grid("EPSG:32760", 760_000) }),
      constantScene("v", { time: null, value: 1, grid: grid("EPSG:32701", 150_000) }),
    ],
  };
  const patch = await fetched(holdings, acrossAntimeridian(179.99));
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

test("fetch() takes what lies on one side of the antimeridian where the other has nothing", async () => {
  const east = northUpGrid({
    crs: "EPSG:32701",
    west: 174_000,
    north: 8_300_000,
    pixelSize: 100,
    width: 1000,
    height: 4000,
  });
  const holdings = { "users/me/v": [constantScene("v", { time: null, value: 7, grid: east })] };
  const patch = await fetched(holdings, acrossAntimeridian(179.7));
  const { width } = patch.grid;
  assert.equal(patch.valid.data[0], 0);
  assert.equal(patch.valid.data[width - 1], 1);
  assert.equal(patch.pixels.data[width - 1], 7);
  assert.equal(patch.provenance.notes["empty_frames"], undefined);
});

test("fetch() cuts what is over 48 MB into several requests, and puts it together", async () => {
  const bands = Array.from({ length: 12 }, (_, i) => `A${i}`);
  const scene = {
    ...constantScene("A0", { time: null, value: 0, grid: { ...tile, width: 4000, height: 4000 } }),
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
