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
  const patch = await look(pointBuffer({ lon: 9.845, lat: 57.227, bufferM: 20 }), {
    bands: ["B2", "B04", "B8A"],
  });
  assert.deepEqual(patch.bands, ["B2", "B04", "B8A"]);
  assert.deepEqual([...patch.pixels.shape], [1, 3, 4, 4]);
  const again = await look(pointBuffer({ lon: 9.845, lat: 57.227, bufferM: 20 }), {
    bands: ["B2", "B4", "B8A"],
  });
  assert.deepEqual(patch.pixels.data, again.pixels.data);
  const other = await look(pointBuffer({ lon: 9.845, lat: 57.227, bufferM: 20 }), {
    bands: ["B2", "B4", "B8A"],
    seed: 1,
  });
  assert.notDeepEqual(other.pixels.data, again.pixels.data);
  // fixed numbers: whoever changes the world raises worldVersion
  assert.deepEqual([...again.pixels.data.subarray(0, 4)], [812, 781, 791, 797]);
});

test("the synthetic world has whole digital numbers from 1 to 10000 in every band, everywhere", async () => {
  for (
    const [lon, lat] of [[9.845, 57.227], [-72.479, -38.831], [34.066, -3.401], [20, 79], [
      179.999,
      -17,
    ]]
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
  const north = pointBuffer({ lon: 9.7, lat: 57.1, bufferM: 2000 });
  const south = pointBuffer({ lon: -72.2, lat: -38.6, bufferM: 2000 });
  const ndvi = async (spatial: Spatial, frame: TimeRange) =>
    meanNdvi(await look(spatial, { frames: [frame], scaleM: 40 }));
  assert.ok(await ndvi(north, summer) > 1.2 * await ndvi(north, winter));
  assert.ok(await ndvi(south, winter) > 1.2 * await ndvi(south, summer));
});

test("clouds are bright, are filtered by cloudyPct, and are voted out by a median", async () => {
  const frames = [{ start: "2022-05-01", end: "2022-08-01" }];
  const spatial = pointBuffer({ lon: 9.845, lat: 57.227, bufferM: 5000 });
  const blue = (sensor: Parameters<typeof look>[1]) =>
    look(spatial, { bands: ["B2"], scaleM: 100, frames, ...sensor });
  const clear = await blue({ cloudyPct: 20 });
  let cloudiest = 0;
  for (let day = 1; day <= 26; day += 5) {
    const one = {
      start: `2022-05-${String(day).padStart(2, "0")}`,
      end: `2022-05-${String(day + 5).padStart(2, "0")}`,
    };
    cloudiest = Math.max(
      cloudiest,
      mean((await blue({ cloudyPct: null, frames: [one] })).pixels.data),
    );
  }
  assert.ok(cloudiest > 1.5 * mean(clear.pixels.data));
  assert.ok(clear.provenance.items.length <= 5);
  const mosaic = await blue({ cloudyPct: 20, composite: "mosaic" });
  assert.equal(mosaic.provenance.items.length, 1);
  await assert.rejects(
    blue({ cloudyPct: 0, frames: [{ start: "2022-05-01", end: "2022-05-02" }] }),
    (error) => isRsembedError(error, "no-data"),
  );
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
