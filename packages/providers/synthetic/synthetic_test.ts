import assert from "node:assert/strict";
import test from "node:test";
import {
  applyAffine,
  type Grid,
  invertAffine,
  isRsembedError,
  northUpGrid,
  type Patch,
  pointBuffer,
  type SensorInit,
  sensorSpec,
  type Spatial,
  type TimeRange,
} from "@rsembed/core";
import { transformer } from "../raster/crs.ts";
import { syntheticProvider } from "./mod.ts";
import { worldBands } from "./spectra.ts";

const summer: TimeRange = { start: "2022-06-01", end: "2022-09-01" };
const winter: TimeRange = { start: "2022-01-01", end: "2022-03-01" };
const place = pointBuffer({ lon: 9.845, lat: 57.227, bufferM: 320 });
const world = syntheticProvider({});

function look(
  spatial: Spatial,
  { frames = [summer], seed, ...sensor }: Partial<SensorInit> & {
    frames?: TimeRange[];
    seed?: number;
  } = {},
): Promise<Patch> {
  const provider = seed === undefined ? world : syntheticProvider({ seed });
  const collection = "COPERNICUS/S2_SR_HARMONIZED";
  return provider.fetch({
    spatial,
    frames,
    sensor: sensorSpec({ collection, bands: ["B4", "B8"], ...sensor }),
  });
}

const mean = (values: Float32Array) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Normalised difference vegetation index of patches of B4 and B8. */
function meanNdvi({ pixels: { data } }: Patch): number {
  const half = data.length / 2;
  return mean(
    data.slice(0, half).map((red, i) => (data[half + i]! - red) / (data[half + i]! + red)),
  );
}

test("the synthetic world is the same for everybody", async () => {
  const patch = await look(pointBuffer({ lon: 9.8, lat: 56.8, bufferM: 20 }), {
    bands: ["B2", "B04", "B8A"],
  });
  assert.deepEqual(patch.bands, ["B2", "B04", "B8A"]);
  assert.deepEqual([...patch.pixels.shape], [1, 3, 4, 4]);
  const again = await look(pointBuffer({ lon: 9.8, lat: 56.8, bufferM: 20 }), {
    bands: ["B2", "B4", "B8A"],
  });
  assert.deepEqual(patch.pixels.data, again.pixels.data);
  const other = await look(pointBuffer({ lon: 9.8, lat: 56.8, bufferM: 20 }), {
    bands: ["B2", "B4", "B8A"],
    seed: 1,
  });
  assert.notDeepEqual(other.pixels.data, again.pixels.data);
  // fixed numbers: whoever changes the world raises worldVersion
  const rows = [0, 16, 32].map((start) => [...again.pixels.data.subarray(start, start + 4)]);
  assert.deepEqual(rows, [[486, 456, 434, 382], [764, 707, 657, 552], [3105, 2989, 2985, 2794]]);
});

test("the synthetic world has whole digital numbers from 1 to 10000 in every band, everywhere", async () => {
  for (
    const [lon, lat] of [
      [9.845, 57.227],
      [-72.479, -38.831],
      [34.066, -3.401],
      [20, 79],
      [
        179.999,
        -17,
      ],
      [0, 89.9],
      [0, -90],
    ]
  ) {
    const patch = await look(pointBuffer({ lon: lon!, lat: lat!, bufferM: 320 }), {
      bands: [...worldBands],
    });
    assert.ok(
      patch.pixels.data.every((value) => Number.isInteger(value) && value >= 1 && value <= 10000),
    );
    assert.ok(patch.valid.data.every((valid) => valid === 1));
  }
});

test("patches that overlap show the same ground", async () => {
  const grid = (west: number) =>
    northUpGrid({
      crs: "EPSG:32632",
      west,
      north: 6_343_000,
      pixelSize: 10,
      width: 64,
      height: 64,
    });
  const footprint = (west: number) =>
    ({ kind: "footprint", grid: grid(west), lon: 9.86, lat: 57.2 }) as const;
  const left = await look(footprint(551_000), { bands: ["B8"] });
  const right = await look(footprint(551_300), { bands: ["B8"] });
  let apart = 0;
  for (let row = 0; row < 64; row++) {
    for (let column = 0; column < 34; column++) {
      const a = left.pixels.data[row * 64 + column + 30]!;
      const b = right.pixels.data[row * 64 + column]!;
      // positions are interpolated on lattices of each patch's own: right to millimetres
      if (Math.abs(a - b) > 2) apart++;
    }
  }
  assert.ok(apart <= 5, `${apart} pixels differ`);
});

test("two UTM zones show the same ground at their common edge", async () => {
  const toZone32 = transformer("EPSG:4326", "EPSG:32632");
  const toZone33 = transformer("EPSG:4326", "EPSG:32633");
  const gridAround = (crs: string, [x, y]: readonly [number, number]) =>
    northUpGrid({ crs, west: x - 320, north: y + 320, pixelSize: 10, width: 64, height: 64 });
  const look32 = gridAround("EPSG:32632", toZone32.point([12, 57.2]));
  const look33 = gridAround("EPSG:32633", toZone33.point([12, 57.2]));
  const footprint = (grid: Grid) => ({ kind: "footprint", grid, lon: 12, lat: 57.2 }) as const;
  const west = await look(footprint(look32), { bands: ["B8"] });
  const east = await look(footprint(look33), { bands: ["B8"] });
  const back = transformer("EPSG:32633", "EPSG:32632");
  const inverse = invertAffine(look32.transform);
  let compared = 0;
  let close = 0;
  for (let row = 0; row < 64; row++) {
    for (let column = 0; column < 64; column++) {
      const at = back.point(applyAffine(look33.transform, [column + 0.5, row + 0.5]));
      const [x, y] = applyAffine(inverse, at).map(Math.floor) as [number, number];
      if (x < 0 || y < 0 || x >= 64 || y >= 64) continue;
      compared++;
      const [a, b] = [west.pixels.data[y * 64 + x]!, east.pixels.data[row * 64 + column]!];
      if (Math.abs(a - b) <= 0.1 * a) close++; // the nearest pixel lies up to 7 m away
    }
  }
  assert.ok(compared > 3000);
  assert.ok(close / compared > 0.9, `${close} of ${compared} agree`);
});

test("summers are green, on each hemisphere its own", async () => {
  const north = pointBuffer({ lon: 9.7, lat: 57.1, bufferM: 20_000 });
  const south = pointBuffer({ lon: -72.2, lat: -38.6, bufferM: 20_000 });
  const ndvi = async (spatial: Spatial, frame: TimeRange) =>
    meanNdvi(await look(spatial, { frames: [frame], scaleM: 400 }));
  assert.ok(await ndvi(north, summer) > 1.2 * await ndvi(north, winter));
  assert.ok(await ndvi(south, winter) > 1.2 * await ndvi(south, summer));
});

test("clouds are bright, are filtered by cloudyPct, and are voted out by a median", async () => {
  const frames = [{ start: "2022-05-01", end: "2022-08-01" }];
  const spatial = pointBuffer({ lon: 9.845, lat: 57.227, bufferM: 5000 });
  const blue = (sensor: Parameters<typeof look>[1]) =>
    look(spatial, { bands: ["B2"], scaleM: 100, frames, ...sensor });
  const clear = mean((await blue({ cloudyPct: 20 })).pixels.data);
  const days: number[] = [];
  for (let day = 1; day <= 26; day += 5) {
    const start = `2022-05-${String(day).padStart(2, "0")}`;
    const end = `2022-05-${String(day + 5).padStart(2, "0")}`;
    const one = await blue({ cloudyPct: null, frames: [{ start, end }] });
    assert.equal(one.provenance.items.length, 1);
    days.push(mean(one.pixels.data));
  }
  assert.ok(Math.max(...days) > 3 * clear, `${days}, clear ${clear}`);
  assert.ok(Math.min(...days) < 1.2 * clear, `${days}, clear ${clear}`);
  const mosaic = await blue({ cloudyPct: 20, composite: "mosaic" });
  assert.equal(mosaic.provenance.items.length, 1);
});

test("a window without scenes has no imagery, and says why", async () => {
  const nothing = (pattern: RegExp) => (error: unknown) =>
    isRsembedError(error, "no-data") && pattern.test(error.message);
  const all = await look(place, {
    cloudyPct: null,
    frames: [{ start: "2022-05-01", end: "2022-05-06" }],
  });
  const day = all.provenance.items[0]!.datetime!.slice(0, 10);
  const frames = [{ start: `${day}T11:00:00`, end: `${day}T23:00:00` }];
  await assert.rejects(look(place, { frames }), nothing(/does not pass/));
  await assert.rejects(
    look(place, { cloudyPct: 0, frames: [{ start: "2022-05-01", end: "2022-05-06" }] }),
    nothing(/of 1 scenes .* none has at most 0 % clouds/),
  );
  // beside a frame that has imagery, one without is a hole
  const half = await look(place, { frames: [summer, ...frames], fillValue: -1 });
  assert.deepEqual(half.provenance.notes.empty_frames, [1]);
  const size = half.valid.data.length / 2;
  assert.ok(half.valid.data.every((valid, i) => valid === (i < size ? 1 : 0)));
  assert.ok(half.pixels.data.every((value, i) => (value === -1) === (i >= 2 * size)));
});

test("a patch across the edge of two scenes shows what patches on either side show", async () => {
  const edge = pointBuffer({ lon: 10, lat: 57.2, bufferM: 640 });
  const across = await look(edge, { bands: ["B4"] });
  const grid = across.grid;
  const part = (column: number) =>
    look({
      kind: "footprint",
      grid: {
        ...grid,
        width: 32,
        transform: [10, 0, grid.transform[2] + 10 * column, 0, -10, grid.transform[5]],
      },
      lon: 10,
      lat: 57.2,
    }, { bands: ["B4"] });
  for (const column of [0, 96]) {
    const side = await part(column);
    let apart = 0;
    for (let row = 0; row < 128; row++) {
      for (let x = 0; x < 32; x++) {
        const difference = side.pixels.data[row * 32 + x]! -
          across.pixels.data[row * 128 + column + x]!;
        if (Math.abs(difference) > 2) apart++;
      }
    }
    assert.ok(apart <= 20, `${apart} pixels differ`);
  }
});

test("the synthetic world goes round: the antimeridian is a place like any other", async () => {
  const west = await look(pointBuffer({ lon: 180, lat: -17, bufferM: 320 }));
  const east = await look(pointBuffer({ lon: -180, lat: -17, bufferM: 320 }));
  assert.deepEqual(west.pixels.data, east.pixels.data);
  const mercator = await look(pointBuffer({ lon: 180, lat: -17, bufferM: 320 }), {
    projection: "webmercator",
  });
  assert.equal(mercator.grid.crs, "EPSG:3857");
  assert.ok(mercator.valid.data.every((valid) => valid === 1));
  assert.ok(Math.abs(mean(mercator.pixels.data) / mean(west.pixels.data) - 1) < 0.1);
});

test("frames differ as their dates do", async () => {
  const { pixels, times } = await look(place, { frames: [winter, summer] });
  assert.deepEqual(times, [winter, summer]);
  const size = pixels.data.length / 2;
  assert.notDeepEqual(pixels.data.slice(0, size), pixels.data.slice(size));
  const alone = await look(place, { frames: [summer] });
  assert.deepEqual(pixels.data.slice(size), alone.pixels.data);
});

test("the synthetic world refuses what it does not have", async () => {
  const refused = (
    code: "not-found" | "unsupported" | "limit",
    sensor: Parameters<typeof look>[1],
  ) => assert.rejects(look(place, sensor), (error) => isRsembedError(error, code));
  await refused("not-found", { bands: ["B10"] });
  await refused("limit", { bands: ["B4"], scaleM: 0.02 });
  await refused("unsupported", { collection: "COPERNICUS/S1_GRD", bands: ["VV"] });
  await refused("limit", { frames: [{ start: "1900-01-01", end: "2000-01-01" }] });
  assert.throws(() => syntheticProvider({ seed: -1 }), RangeError);
});

test("an abort stops the synthetic world with the signal's reason", async () => {
  const reason = new Error("enough");
  const controller = new AbortController();
  const fetching = world.fetch({
    spatial: place,
    frames: [summer],
    sensor: sensorSpec({ collection: "COPERNICUS/S2_SR", bands: ["B4"] }),
  }, { signal: controller.signal });
  controller.abort(reason);
  await assert.rejects(fetching, (error) => error === reason);
});
