import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import {
  bbox,
  type ImageryRequest,
  isRsembedError,
  northUpGrid,
  pointBuffer,
  sensorSpec,
  type Spatial,
} from "@rsembed/core";
import { type FileServer, startFileServer } from "../http/testdata/file_server.ts";
import { transformer } from "../raster/crs.ts";
import { tinyCog } from "../tiff/testdata/tiny_cog.ts";
import { cellsUnder } from "./copernicus.ts";
import { dequantizeGse, productsProvider } from "./mod.ts";
import { tesseraCell, tesseraCells } from "./tessera_cells.ts";
import { files, gseFile, storedGse } from "./testdata/gse_files.ts";
import { pixelsOf } from "../testdata/pixels.ts";
import { tesseraFiles, type TestTile } from "./testdata/tessera_tiles.ts";

const goldens = JSON.parse(
  readFileSync(new URL("./testdata/precomputed.json", import.meta.url), "utf8"),
);

function request(
  collection: string,
  { bands, year = 2021, spatial }: { bands: readonly string[]; year?: number; spatial: Spatial },
): ImageryRequest {
  return {
    spatial,
    sensor: sensorSpec({ collection, bands, cloudyPct: null, fillValue: -9 }),
    frames: [{ start: `${year}-01-01`, end: `${year + 1}-01-01` }],
  };
}

async function withServer<T>(fn: (server: FileServer) => Promise<T>): Promise<T> {
  const server = await startFileServer();
  try {
    return await fn(server);
  } finally {
    await server.close();
  }
}

// AlphaEarth

const gse = "GOOGLE/SATELLITE_EMBEDDING/V1/ANNUAL";
const index = readFileSync(new URL("./testdata/aef_index.parquet", import.meta.url));
const place = pointBuffer({ lon: 9.8, lat: 57.25, bufferM: 300 });

async function withGse<T>(fn: (server: FileServer) => Promise<T>): Promise<T> {
  return await withServer(async (server) => {
    server.files.set("/aef/aef_index.parquet", new Uint8Array(index));
    for (const file of files) server.makers.set(`/aef/${file.path}`, () => gseFile(file));
    return await fn(server);
  });
}

test("AlphaEarth's numbers are those of its description", () => {
  const { q, value, v } = goldens.aef_int8_dequantise;
  const wanted: (number | null)[] = value ?? v;
  q.forEach((stored: number, i: number) => {
    if (stored === -128) return;
    assert(Math.abs(dequantizeGse(stored) - wanted[i]!) < 1e-6, `${stored}`);
  });
});

for (const year of [2021, 2022]) {
  test(`AlphaEarth is read whether its rows run from north or from south: ${year}`, async () => {
    await withGse(async (server) => {
      const provider = productsProvider({ productRoots: { gse: `${server.url}/aef/` } });
      const bands = ["A00", "A63", "A05"];
      const patch = await provider.fetch(request(gse, { bands, year, spatial: place }));
      assert.deepEqual(patch.pixels.shape, [1, 3, 60, 60]);
      assert.equal(patch.grid.crs, "EPSG:32632");
      const plane = 3600;
      for (const { at, column, row } of pixelsOf(patch, files[0]!.grid)) {
        [0, 63, 5].forEach((dimension, band) => {
          const stored = storedGse(column, row, dimension);
          // a file of the next zone has what is missing here, in one of the years
          const other = year === 2022 ? dequantizeGse(dimension) : -9;
          const wanted = stored === -128 ? other : dequantizeGse(stored);
          const value = patch.pixels.data[band * plane + at]!;
          assert(Math.abs(value - wanted) < 1e-6, `${column} ${row}: ${value}, not ${wanted}`);
        });
        const isMissing = year === 2021 && storedGse(column, row, 0) === -128;
        assert.equal(patch.valid.data[at], isMissing ? 0 : 1);
      }
      assert.deepEqual(patch.times, [{ start: `${year}-01-01`, end: `${year + 1}-01-01` }]);
      assert.equal(patch.provenance.notes["route"], "files");
      assert.equal(patch.provenance.items[0]!.id, files[year - 2021]!.path);
    });
  });
}

test("AlphaEarth fills from the next zone what the own zone lacks", async () => {
  await withGse(async (server) => {
    const provider = productsProvider({ productRoots: { gse: `${server.url}/aef` } });
    // the files of the own zone end at 547000
    const [lon, lat] = transformer("EPSG:32632", "EPSG:4326").point([547_000, 6_345_400]);
    const spatial = pointBuffer({ lon, lat, bufferM: 200 });
    const patch = await provider.fetch(request(gse, { bands: ["A10"], year: 2022, spatial }));
    assert.equal(patch.provenance.items.length, 2);
    for (const { at, column, row } of pixelsOf(patch, files[0]!.grid)) {
      const own = column >= 0 ? storedGse(column, row, 10) : -128;
      const stored = own === -128 ? 10 : own;
      assert(Math.abs(patch.pixels.data[at]! - dequantizeGse(stored)) < 1e-6);
    }
  });
});

test("AlphaEarth says which years there are, and where there is nothing", async () => {
  await withGse(async (server) => {
    const provider = productsProvider({ productRoots: { gse: `${server.url}/aef` } });
    const asked = { bands: ["A00"], spatial: place };
    for (const year of [2016, 2023]) {
      await assert.rejects(
        provider.fetch(request(gse, { ...asked, year })),
        (e) => isRsembedError(e, "no-data") && e.message.includes(String(year)),
      );
    }
    await assert.rejects(
      provider.fetch(request(gse, { bands: ["B4"], spatial: place })),
      (e) => isRsembedError(e, "not-found"),
    );
    server.files.set("/aef/aef_index.parquet", new Uint8Array(2000));
    await assert.rejects(
      productsProvider({ productRoots: { gse: `${server.url}/aef` } }).fetch(request(gse, asked)),
      (e) => isRsembedError(e, "corrupt"),
    );
  });
});

// Tessera

test("Tessera's cells have the names of the library", () => {
  for (const { lon, lat, grid } of goldens.tessera_tile_names.cases) {
    assert.equal(tesseraCell({ lon, lat }), grid);
  }
  assert.deepEqual(
    tesseraCells({ minLon: 179.95, minLat: 0.01, maxLon: -179.95, maxLat: 0.05 }),
    ["grid_179.95_0.05", "grid_-179.95_0.05"],
  );
});

/** Tiles beside each other at 12 E: the edge of zones 32 and 33. */
const [edgeX32] = transformer("EPSG:4326", "EPSG:32632").point([12, 50.05]);
const [edgeX33, edgeY33] = transformer("EPSG:4326", "EPSG:32633").point([12, 50.05]);
const [, edgeY32] = transformer("EPSG:4326", "EPSG:32632").point([12, 50.05]);
const round = (x: number) => Math.round(x / 10) * 10 + 3;
const west: TestTile = {
  name: "grid_11.95_50.05",
  grid: northUpGrid({
    crs: "EPSG:32632",
    west: round(edgeX32!) - 600,
    north: round(edgeY32!) + 400,
    pixelSize: 10,
    width: 60,
    height: 80,
  }),
  value: (column, row, d) => (column * 3 + row * 5 + d * 7) % 255 - 127,
  scale: (column, row) => column === 50 ? NaN : row === 30 ? Infinity : (row % 5 + 1) / 8,
};
const east: TestTile = {
  name: "grid_12.05_50.05",
  grid: northUpGrid({
    crs: "EPSG:32633",
    west: round(edgeX33!) - 100,
    north: round(edgeY33!) + 500,
    pixelSize: 10,
    width: 80,
    height: 100,
  }),
  value: (_, __, d) => d - 60,
  scale: () => 0.5,
};

async function withTessera<T>(
  tiles: readonly TestTile[],
  fn: (server: FileServer) => Promise<T>,
): Promise<T> {
  return await withServer(async (server) => {
    for (const tile of tiles) {
      for (const [path, bytes] of tesseraFiles(tile)) server.files.set(`/tessera/${path}`, bytes);
    }
    return await fn(server);
  });
}

const [lon, lat] = transformer("EPSG:32632", "EPSG:4326")
  .point([round(edgeX32!) - 250, round(edgeY32!) + 50]);
const inside = pointBuffer({ lon: lon!, lat: lat!, bufferM: 100 });
const bands = ["T000", "T127", "T031"];

test("Tessera's tiles keep their own pixels, and missing ones stay missing", async () => {
  await withTessera([west], async (server) => {
    const provider = productsProvider({ productRoots: { tessera: `${server.url}/tessera` } });
    const patch = await provider.fetch(request("tessera/v1", { bands, spatial: inside }));
    assert.deepEqual(patch.pixels.shape, [1, 3, 20, 20]);
    assert.equal((patch.grid.transform[2] - west.grid.transform[2]) % 10, 0);
    for (const { at, column, row } of pixelsOf(patch, west.grid)) {
      const isMissing = column === 50 || row === 30;
      assert.equal(patch.valid.data[at], isMissing ? 0 : 1);
      [0, 127, 31].forEach((d, band) => {
        const wanted = isMissing ? -9 : west.value(column, row, d) * west.scale(column, row);
        assert.equal(patch.pixels.data[band * 400 + at], Math.fround(wanted));
      });
    }
    assert.equal(patch.provenance.notes["dataset"], "v1");
    // rows are fetched once, also for places around
    const before = server.seen.length;
    await provider.fetch(request("tessera/v1", { bands, spatial: { ...inside, bufferM: 60 } }));
    assert.equal(server.seen.length, before);
  });
});

test("Tessera goes across the edge of a zone, and names the tiles that are missing", async () => {
  const spatial = pointBuffer({ lon: 11.9999, lat: 50.05, bufferM: 200 });
  await withTessera([west, east], async (server) => {
    const provider = productsProvider({ productRoots: { tessera: `${server.url}/tessera` } });
    const patch = await provider.fetch(request("tessera/v1", { bands: ["T061"], spatial }));
    assert.equal(patch.grid.crs, "EPSG:32632");
    assert.deepEqual(
      patch.provenance.items.map(({ id }) => id),
      ["v1/2021/grid_11.95_50.05", "v1/2021/grid_12.05_50.05"],
    );
    let [own, other] = [0, 0];
    for (const { at, column, row } of pixelsOf(patch, west.grid)) {
      const scale = column >= 0 && column < 60 && row >= 0 && row < 80
        ? west.scale(column, row)
        : NaN;
      const wanted = Number.isFinite(scale) ? west.value(column, row, 61) * scale : 0.5;
      if (patch.valid.data[at] === 0) continue;
      if (Number.isFinite(scale)) own++;
      else other++;
      assert.equal(patch.pixels.data[at], Math.fround(wanted));
    }
    assert(own > 100 && other > 100, `${own} ${other}`);
    assert.equal(patch.provenance.notes["missing_tiles"], undefined);
  });
  await withTessera([west], async (server) => {
    const provider = productsProvider({ productRoots: { tessera: `${server.url}/tessera` } });
    const patch = await provider.fetch(request("tessera/v1", { bands: ["T061"], spatial }));
    assert.deepEqual(patch.provenance.notes["missing_tiles"], ["grid_12.05_50.05"]);
    assert(patch.valid.data.includes(0) && patch.valid.data.includes(1));
    await assert.rejects(
      provider.fetch(request("tessera/v1", { bands: ["T061"], spatial: inside, year: 2019 })),
      (e) => isRsembedError(e, "no-data") && /grid_11.95_50.05/.test(e.message),
    );
  });
});

test("Tessera's files must fit together, and are read again after faults", async () => {
  await withTessera([west], async (server) => {
    const open = () =>
      productsProvider({
        productRoots: { tessera: `${server.url}/tessera` },
        requests: { backoffMs: 1 },
      });
    const asked = request("tessera/v1", { bands, spatial: inside });
    server.faults.push({ path: ".npy", status: 503 }, { path: "scales", cutAfter: 5 });
    await open().fetch(asked);
    const path = [...server.files.keys()].find((name) => name.endsWith("_scales.npy"))!;
    const good = server.files.get(path)!;
    server.files.set(path, good.subarray(0, good.length - 4));
    await assert.rejects(open().fetch(asked), (e) => isRsembedError(e, "corrupt"));
    const other = tesseraFiles({ ...west, grid: { ...west.grid, height: 79 } });
    server.files.set(path, [...other].find(([name]) => name.endsWith("_scales.npy"))![1]);
    await assert.rejects(
      open().fetch(asked),
      (e) => isRsembedError(e, "corrupt") && /do not fit/.test(e.message),
    );
  });
});

test("a folder on this machine serves as well as an address", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rsembed-tessera-"));
  try {
    for (const [path, bytes] of tesseraFiles(west)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), bytes);
    }
    const provider = productsProvider({ productRoots: { tessera: folder } });
    const patch = await provider.fetch(request("tessera/v1", { bands, spatial: inside }));
    assert.equal(patch.pixels.shape[2], 20);
  } finally {
    await rm(folder, { recursive: true });
  }
});

// Copernicus-Embed

const map = {
  crs: "EPSG:4326",
  transform: [0.25, 0, -180.125, 0, -0.25, 90.125] as const,
  width: 1440,
  height: 721,
};
const cell = (column: number, row: number, d: number) =>
  row > 600 ? 0 : (column % 97 + 3 * row % 89 + d) / 8;

test("Copernicus-Embed's windows are those of rs-embed", () => {
  let compared = 0;
  for (
    const { bbox: [minLon, minLat, maxLon, maxLat], window } of goldens.copernicus_windows.cases
  ) {
    if (!window) continue;
    const grid = cellsUnder(map, {
      crs: "EPSG:4326",
      transform: [maxLon - minLon, 0, minLon, 0, minLat - maxLat, maxLat],
      width: 1,
      height: 1,
    });
    const left = Math.round((grid.transform[2] + 180.125) / 0.25);
    const top = Math.round((90.125 - grid.transform[5]) / 0.25);
    // ours goes on round the world where rs-embed ends
    const right = Math.min(1440, left + grid.width);
    assert.deepEqual([top, top + grid.height, left, right], window);
    compared++;
  }
  assert(compared > 3);
});

test("Copernicus-Embed is read by the blocks that are needed, around the world", async () => {
  const bytes = tinyCog({
    grid: map,
    type: "float32",
    bands: 8,
    tile: 256,
    levels: 1,
    value: cell,
  });
  await withServer(async (server) => {
    server.files.set("/map.tif", bytes);
    const provider = productsProvider({ productRoots: { copernicus: `${server.url}/map.tif` } });
    const fetchAt = (spatial: Spatial, year = 2021) =>
      provider.fetch(
        request("torchgeo/copernicus_embed", { bands: ["C000", "C007"], year, spatial }),
      );
    const point = await fetchAt(pointBuffer({ lon: 9.8, lat: 57.25, bufferM: 1000 }));
    assert.deepEqual(point.pixels.shape, [1, 2, 1, 1]);
    assert.deepEqual(point.grid.transform, [0.25, 0, 9.625, 0, -0.25, 57.375]);
    assert.deepEqual([...point.pixels.data], [cell(759, 131, 0), cell(759, 131, 7)]);
    assert(server.seen.length <= 3, `${server.seen.length} requests`);
    const around = await fetchAt(bbox({ minLon: 179.5, minLat: 10, maxLon: -179.5, maxLat: 10.5 }));
    const { width } = around.grid;
    for (let i = 0; i < width; i++) {
      const column = (1438 + i) % 1440;
      assert.equal(around.pixels.data[i], Math.fround(cell(column, 318, 0)), `${i}`);
    }
    await assert.rejects(
      fetchAt(pointBuffer({ lon: 0, lat: -70, bufferM: 1000 })),
      (e) => isRsembedError(e, "no-data"),
    );
    await assert.rejects(
      fetchAt(pointBuffer({ lon: 0, lat: 0, bufferM: 1000 }), 2020),
      (e) => isRsembedError(e, "no-data") && /2021/.test(e.message),
    );
  });
});
