import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import {
  bbox,
  dateRange,
  type ImageryRequest,
  northUpGrid,
  pointBuffer,
  type Progress,
  type SensorSpec,
  sensorSpec,
  type Spatial,
  type TimeRange,
} from "@rsembed/core";
import { localProvider } from "@rsembed/providers/local";
import { transformer } from "@rsembed/providers/raster";
import { openGeoTiff } from "../tiff/geotiff.ts";
import { type TinyGeoTiff, writeTinyGeoTiff } from "../tiff/testdata/tiny_geotiff.ts";

/** Runs in a folder with the given GeoTIFFs. */
async function withScenes(
  scenes: Record<string, TinyGeoTiff>,
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "rsembed-"));
  try {
    for (const [name, scene] of Object.entries(scenes)) {
      await writeTinyGeoTiff(join(folder, name), scene);
    }
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const collection = "COPERNICUS/S2_SR_HARMONIZED";

function sensor(init: Partial<SensorSpec> = {}): SensorSpec {
  return sensorSpec({ collection, bands: ["B4"], fillValue: -7, ...init });
}

/** The 8 x 8 px that a tiny GeoTIFF covers by default, or those of another corner. */
function footprint(west = 500_000, north = 5_000_000): Spatial {
  const grid = northUpGrid({ crs: "EPSG:32633", west, north, pixelSize: 10, width: 8, height: 8 });
  const [lon, lat] = transformer("EPSG:32633", "EPSG:4326").point([west + 40, north - 40]);
  return { kind: "footprint", grid, lon, lat };
}

function request(
  frames: ImageryRequest["frames"] = [null],
  init: Partial<SensorSpec> = {},
): ImageryRequest {
  return { spatial: footprint(), sensor: sensor(init), frames };
}

const red = (value: number, more: TinyGeoTiff = {}): TinyGeoTiff => ({
  value: () => value,
  nodata: "-9999",
  ...more,
});

test("localProvider() gives a file's own pixels at its footprint, with its date", async () => {
  const value = (band: number, row: number, column: number) => 100 * band + 10 * row + column;
  await withScenes({ "S2_20220615.tif": { bands: 2, value } }, async (folder) => {
    const provider = localProvider({ sources: [folder], bands: ["B04", "B03"] });
    const [place] = await provider.footprints();
    assert.equal(place!.name, "S2_20220615");
    assert.deepEqual(place!.spatial, footprint());
    const patch = await provider.fetch({
      spatial: place!.spatial,
      sensor: sensor({ bands: ["B3", "B4"] }),
      frames: [null],
    });
    assert.deepEqual(patch.pixels.shape, [1, 2, 8, 8]);
    assert.deepEqual(patch.bands, ["B3", "B4"]);
    for (let i = 0; i < 128; i++) {
      assert.equal(patch.pixels.data[i], value(i < 64 ? 1 : 0, (i % 64) >> 3, i % 8));
    }
    assert(!patch.valid.data.includes(0));
    assert.deepEqual(patch.times, [{ start: "2022-06-15", end: "2022-06-16" }]);
    assert.deepEqual(patch.provenance, {
      provider: "local",
      source: folder,
      items: [{ id: "S2_20220615.tif", datetime: "2022-06-15" }],
      notes: { resampling: ["copy"] },
    });
  });
});

const june: TimeRange = dateRange("2022-06-01", "2022-07-01");

test("localProvider() uses only files dated inside the half-open window", async () => {
  const scenes = {
    "a_20220531.tif": red(1),
    "b_20220601.tif": red(2),
    "c_20220630.tif": red(4),
    "d_20220701.tif": red(8),
    "e.tif": red(16),
  };
  await withScenes(scenes, async (folder) => {
    const provider = localProvider({ sources: [folder], bands: ["red"] });
    const patch = await provider.fetch(request([june]));
    assert.equal(patch.pixels.data[0], 3);
    assert.deepEqual(patch.times, [june]);
    assert.deepEqual(patch.provenance.items.map(({ id }) => id), [
      "b_20220601.tif",
      "c_20220630.tif",
    ]);
    const all = await provider.fetch(request([null]));
    assert.equal(all.pixels.data[0], 4);
    assert.deepEqual(all.times, [null]);
    const july = dateRange("2022-07-01", "2022-08-01");
    const frames = await provider.fetch(request([june, july]));
    assert.deepEqual(frames.pixels.shape, [2, 1, 8, 8]);
    assert.deepEqual([frames.pixels.data[0], frames.pixels.data[64]], [3, 8]);
  });
});

test("localProvider() puts the latest on top in a mosaic, through its holes the one before", async () => {
  const scenes = {
    "z_20220601.tif": red(1),
    "a_20220602.tif": red(2, { value: (_, row) => (row < 4 ? 2 : -9999) }),
  };
  await withScenes(scenes, async (folder) => {
    const provider = localProvider({ sources: [folder], bands: ["red"] });
    const patch = await provider.fetch(request([null], { composite: "mosaic" }));
    assert.deepEqual([patch.pixels.data[31], patch.pixels.data[32]], [2, 1]);
    assert.deepEqual(patch.times, [{ start: "2022-06-01", end: "2022-06-03" }]);
  });
});

test("localProvider() fills what is missing, and says so in the mask", async () => {
  await withScenes(
    { "a.tif": red(1, { value: (_, row) => (row < 4 ? 2 : -9999) }) },
    async (folder) => {
      const provider = localProvider({ sources: [folder], bands: ["red"] });
      const patch = await provider.fetch(request());
      assert.deepEqual([...patch.valid.data.subarray(30, 34)], [1, 1, 0, 0]);
      assert.deepEqual([...patch.pixels.data.subarray(30, 34)], [2, 2, -7, -7]);
    },
  );
});

test("localProvider() leaves frames without imagery empty, and names them", async () => {
  await withScenes({ "a_20220615.tif": red(1) }, async (folder) => {
    const provider = localProvider({ sources: [folder], bands: ["red"] });
    const may = dateRange("2022-05-01", "2022-06-01");
    const patch = await provider.fetch(request([may, june]));
    assert(!patch.valid.data.subarray(0, 64).includes(1));
    assert(patch.pixels.data.subarray(0, 64).every((value) => value === -7));
    assert(!patch.valid.data.subarray(64).includes(0));
    assert.deepEqual(patch.provenance.notes["empty_frames"], [0]);
    assert.deepEqual(patch.times, [may, june]);
  });
});

test("localProvider() says why there is no imagery", async () => {
  await withScenes({ "a.tif": red(1), "b.tif": red(-9999, { west: 900_000 }) }, async (folder) => {
    const provider = localProvider({ sources: [folder], bands: ["red"] });
    await assert.rejects(provider.fetch(request([june])), {
      code: "no-data",
      message: /1 have no known date; give one with the setting date/,
    });
    const away: ImageryRequest = { ...request(), spatial: footprint(600_000) };
    await assert.rejects(provider.fetch(away), { code: "no-data", message: /no file covers/ });
    const hole: ImageryRequest = { ...request(), spatial: footprint(900_000) };
    await assert.rejects(provider.fetch(hole), { code: "no-data", message: /only missing pixels/ });
    const dated = localProvider({ sources: [folder], bands: ["red"], date: "2022-06-30" });
    assert.equal((await dated.fetch(request([june]))).pixels.data[0], 1);
  });
});

test("localProvider() joins neighbouring files and CRSs under one window", async () => {
  const [x, y] = transformer("EPSG:32633", "EPSG:3857").point([500_080, 5_000_000]);
  const scenes = {
    "west.tif": red(1),
    "east.tif": red(2, { epsg: 3857, west: x - 100, north: y + 100, width: 60, height: 60 }),
  };
  await withScenes(scenes, async (folder) => {
    const provider = localProvider({ sources: [folder], bands: ["red"] });
    const place = footprint(500_040);
    const patch = await provider.fetch({ spatial: place, sensor: sensor(), frames: [null] });
    assert(!patch.valid.data.includes(0));
    assert.deepEqual([patch.pixels.data[0], patch.pixels.data[7]], [1.5, 2]);
    const degrees = bbox({ minLon: 15.0001, minLat: 45.1525, maxLon: 15.0006, maxLat: 45.153 });
    const box = await provider.fetch({ spatial: degrees, sensor: sensor(), frames: [null] });
    assert(box.valid.data.includes(1));
  });
});

test("localProvider() is nearest on the Web Mercator grid, so that no value is new", async () => {
  const value = (_: number, row: number, column: number) => row * 8 + column;
  await withScenes({ "a.tif": { value } }, async (folder) => {
    const provider = localProvider({ sources: [folder], bands: ["red"] });
    const { lon, lat } = footprint() as { lon: number; lat: number };
    const spatial = pointBuffer({ lon, lat, bufferM: 40 });
    const patch = await provider.fetch({
      spatial,
      sensor: sensor({ projection: "webmercator" }),
      frames: [null],
    });
    assert.deepEqual(patch.provenance.notes["resampling"], ["nearest"]);
    assert(patch.pixels.data.every((number) => Number.isInteger(number)));
  });
});

test("localProvider() takes names and date from a sidecar before all else", async () => {
  const gdalMetadata =
    '<GDALMetadata><Item name="DESCRIPTION" sample="0" role="description">B04</Item>' +
    "</GDALMetadata>";
  await withScenes({ "20220615.tif": red(1, { gdalMetadata }) }, async (folder) => {
    const path = join(folder, "20220615.tif");
    const tagged = localProvider({ sources: [path] });
    assert.equal((await tagged.fetch(request([june]))).pixels.data[0], 1);
    await writeFile(`${path}.json`, '{"bands": ["B03"], "date": "2020-01-01"}');
    const sided = localProvider({ sources: [path], bands: ["B4"] });
    await assert.rejects(sided.fetch(request()), { code: "not-found" });
    const green = await sided.fetch(request([null], { bands: ["B3"] }));
    assert.deepEqual(green.times, [{ start: "2020-01-01", end: "2020-01-02" }]);
    for (const [text, code] of [["{", "corrupt"], ["[1]", "spec"], ['{"bands": 1}', "corrupt"]]) {
      await writeFile(`${path}.json`, code === "spec" ? '{"bands": ["a", "b"]}' : text!);
      await assert.rejects(localProvider({ sources: [path] }).footprints(), { code });
    }
  });
});

test("localProvider() refuses bands without names, showing the setting to give", async () => {
  await withScenes({ "a.tif": { bands: 13 } }, async (folder) => {
    const provider = localProvider({ sources: [folder] });
    await assert.rejects(provider.fetch(request()), {
      code: "spec",
      message: /bands: \["B1",.*"B9","B10","B11","B12"\]/,
    });
    const named = localProvider({ sources: [folder], bands: ["B1", "B2"] });
    await assert.rejects(named.footprints(), { code: "spec", message: /it has 13, and 2 names/ });
  });
});

test("localProvider() names the file that is cut short or no TIFF", async () => {
  await withScenes(
    { "good.tif": red(1), "cut.tif": red(2, { value: () => 9 }) },
    async (folder) => {
      const cut = join(folder, "cut.tif");
      const provider = localProvider({ sources: [folder], bands: ["red"] });
      await provider.footprints();
      await truncate(cut, 60);
      await assert.rejects(provider.fetch(request()), { code: "corrupt", message: /cut\.tif/ });
      await writeFile(cut, "<html>not found</html>");
      const again = localProvider({ sources: [folder], bands: ["red"] });
      await assert.rejects(again.footprints(), { code: "corrupt", message: /cut\.tif/ });
    },
  );
});

test("localProvider() looks again after a look-up failed", async () => {
  await withScenes({}, async (folder) => {
    const provider = localProvider({ sources: [folder], bands: ["red"] });
    await assert.rejects(provider.footprints(), { code: "not-found" });
    await writeTinyGeoTiff(join(folder, "a.tif"));
    assert.equal((await provider.footprints()).length, 1);
  });
});

test("localProvider() lets no call suffer from another that was stopped", async () => {
  await withScenes({ "a.tif": red(1) }, async (folder) => {
    const provider = localProvider({ sources: [folder], bands: ["red"] });
    const stop = new AbortController();
    const stopped = provider.footprints({ signal: stop.signal });
    const other = provider.fetch(request());
    const reason = new Error("enough");
    stop.abort(reason);
    await assert.rejects(stopped, reason);
    assert.equal((await other).pixels.data[0], 1);
  });
});

test("localProvider() refuses patches too large to hold, and counts frames as they come", async () => {
  await withScenes({ "a.tif": red(1) }, async (folder) => {
    const provider = localProvider({ sources: [folder], bands: ["red"] });
    const { lon, lat } = footprint() as { lon: number; lat: number };
    const spatial = pointBuffer({ lon, lat, bufferM: 80_000 });
    const many = { spatial, sensor: sensor(), frames: [null, null, null] };
    await assert.rejects(provider.fetch(many), { code: "limit" });
    const seen: Progress[] = [];
    await provider.fetch(request([null, null]), { onProgress: (progress) => seen.push(progress) });
    assert.deepEqual(seen.at(-1), { stage: "fetch", done: 2, total: 2 });
  });
});

test("localProvider() gives the same pixels whether a place is made in one block or in many", async () => {
  // blocks are some thousands of pixels long; this place is three of them
  const value = (_: number, row: number, column: number) => (row * 7 + column * 3) % 100;
  await withScenes({ "a.tif": { width: 64, height: 64, value } }, async (folder) => {
    const provider = localProvider({ sources: [folder], bands: ["red"] });
    const grid = northUpGrid({
      crs: "EPSG:32633",
      west: 500_000,
      north: 4_999_900,
      pixelSize: 0.03125,
      width: 16_384,
      height: 64,
    });
    const place: Spatial = { kind: "footprint", grid, lon: 15, lat: 45.15 };
    const patch = await provider.fetch({
      spatial: place,
      sensor: sensor({ scaleM: 0.03125 }),
      frames: [null],
    });
    assert(!patch.valid.data.includes(0));
    // away from the west edge the field is bilinear between the four nearest centres
    for (let column = 200; column < 16_384; column++) {
      const row = column % 64;
      const x = (column + 0.5) * 0.003125 - 0.5, y = 10 + (row + 0.5) * 0.003125 - 0.5;
      const x0 = Math.floor(x), y0 = Math.floor(y), u = x - x0, v = y - y0;
      const expected = (1 - v) * ((1 - u) * value(0, y0, x0) + u * value(0, y0, x0 + 1)) +
        v * ((1 - u) * value(0, y0 + 1, x0) + u * value(0, y0 + 1, x0 + 1));
      assert(Math.abs(patch.pixels.data[row * 16_384 + column]! - expected) < 1e-2);
    }
  });
});

test("localProvider() refuses to be made without sources", () => {
  assert.throws(() => localProvider({}), { code: "spec" });
});

const real = fileURLToPath(new URL("../../../../shared/data/s2-l2a", import.meta.url));
const skip = existsSync(real) ? false : "needs real imagery in ../shared/data/s2-l2a";

test(
  "localProvider() gives real Sentinel-2 files pixel for pixel at their footprints",
  { skip },
  async () => {
    const bands = "B01 B02 B03 B04 B05 B06 B07 B08 B8A B09 B11 B12".split(" ");
    const provider = localProvider({ sources: [real], bands });
    const places = await provider.footprints();
    assert.deepEqual(places.map(({ name }) => name), [
      "38D_378R_2_3",
      "433D_629L_3_1",
      "637U_59R_1_3",
    ]);
    for (const { name, spatial } of places) {
      const wanted = ["B8A", "B2", "B12"];
      const patch = await provider.fetch({
        spatial,
        sensor: sensor({ bands: wanted }),
        frames: [null],
      });
      const file = await openGeoTiff(join(real, `${name}.tif`));
      const stored = await file.read({ x: 0, y: 0, width: 224, height: 224 }, [8, 1, 11]);
      await file.close();
      assert.deepEqual(patch.pixels.data, stored.data);
      assert.deepEqual(patch.grid, file.info.grid);
      assert(!patch.valid.data.includes(0));
    }
  },
);
