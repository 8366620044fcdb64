import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as zlib from "node:zlib";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { isRsembedError } from "@rsembed/core";
import { openGeoTiff } from "./geotiff.ts";
import { type TinyGeoTiff, tinyGeoTiff } from "./testdata/tiny_geotiff.ts";

const testdata = (name: string) => fileURLToPath(new URL(`./testdata/${name}`, import.meta.url));

/** Runs with bytes in a file of their own. */
async function withFile<T>(bytes: Uint8Array, use: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "rsembed-"));
  try {
    const path = join(folder, "scene.tif");
    await writeFile(path, bytes);
    return await use(path);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function readAll(path: string, bands?: number[]) {
  const file = await openGeoTiff(path);
  try {
    const { width, height } = file.info.grid;
    const all = Array.from({ length: file.info.count }, (_, i) => i);
    return await file.read({ x: 0, y: 0, width, height }, bands ?? all);
  } finally {
    await file.close();
  }
}

// written by GDAL 3.6: 19 x 13 px, 3 bands, (band + 1) * 1000 + row * 40 + column
const formats = {
  none_strip: "int16",
  lzw_pred2: "uint16",
  lzw_tiled_band: "uint8",
  packbits: "uint8",
  deflate_pred3: "float32",
  deflate_pred3_f64: "float64",
  deflate_big_endian_pred2: "int16",
  big_endian_pred3: "float32",
  big_endian_f64: "float64",
  zstd_bigtiff: "int32",
  lerc: "uint16",
  lerc_deflate_f32: "float32",
};

for (const [name, type] of Object.entries(formats)) {
  const lacking = name.startsWith("zstd") && !("zstdDecompressSync" in zlib);
  const skip = lacking && "this runtime has no ZSTD";
  test(`openGeoTiff() reads what GDAL wrote: ${name}`, { skip }, async () => {
    const file = await openGeoTiff(testdata(`${name}.tif`));
    try {
      assert.equal(file.info.type, type);
      assert.deepEqual(file.info.grid, {
        crs: "EPSG:32633",
        transform: [10, 0, 500_000, 0, -10, 5_000_000],
        width: 19,
        height: 13,
      });
      const value = (band: number, row: number, column: number) => {
        const base = (band + 1) * 1000 + row * 40 + column;
        return type === "uint8" ? (base * 7) % 251 : type.startsWith("float") ? base + 0.25 : base;
      };
      const windows = [
        { x: 0, y: 0, width: 19, height: 13 },
        { x: 7, y: 3, width: 11, height: 9 },
        { x: 18, y: 12, width: 1, height: 1 },
      ];
      for (const window of windows) {
        const bands = [2, 0];
        const { data, valid } = await file.read(window, bands);
        assert(!valid.includes(0));
        for (let i = 0; i < data.length; i++) {
          const at = i % valid.length;
          const row = window.y + Math.floor(at / window.width);
          const band = bands[Math.floor(i / valid.length)]!;
          assert.equal(data[i], value(band, row, window.x + at % window.width));
        }
      }
    } finally {
      await file.close();
    }
  });
}

test("openGeoTiff() reads descriptions, metadata, date and nodata", async () => {
  const file = await openGeoTiff(testdata("S2_described.tif"));
  await file.close();
  assert.deepEqual(file.info.descriptions, ["B02", "B03 <green>", "B04"]);
  assert.equal(file.info.metadata["ACQUISITION_DATE"], "2021-07-09T10:30:31Z");
  assert.equal(file.info.dateTime, "2023:01:02 03:04:05");
  assert.equal(file.info.nodata, 0);
  assert.equal(file.info.grid.crs, "EPSG:3857");
});

test("openGeoTiff() places values at points, and rotated rasters, as GDAL does", async () => {
  const point = await openGeoTiff(testdata("point.tif"));
  const rotated = await openGeoTiff(testdata("rotated.tif"));
  await point.close();
  await rotated.close();
  assert.deepEqual(point.info.grid.transform, [10, 0, 500_000, 0, -10, 5_000_000]);
  assert.deepEqual(rotated.info.grid.transform, [8, 6, 500_000, 6, -8, 5_000_000]);
});

test("openGeoTiff() takes blocks that were never written for missing imagery", async () => {
  const { data, valid } = await readAll(testdata("sparse.tif"));
  for (let i = 0; i < valid.length; i++) {
    const column = i % 40, row = Math.floor(i / 40);
    assert.equal(valid[i], column < 16 ? 1 : 0);
    if (column < 16) assert.equal(data[i], row * 16 + column);
  }
});

test("openGeoTiff() masks a pixel where any band asked for is nodata", async () => {
  const bytes = tinyGeoTiff({
    bands: 2,
    nodata: "-9999",
    value: (band, row, column) => (band === 1 && row === 2 && column === 3 ? -9999 : 5),
  });
  await withFile(bytes, async (path) => {
    const both = await readAll(path);
    assert.equal(both.valid.indexOf(0), 2 * 8 + 3);
    assert.equal(both.valid.lastIndexOf(0), 2 * 8 + 3);
    assert(!(await readAll(path, [0])).valid.includes(0));
  });
});

test("openGeoTiff() says what it cannot place or decode", async () => {
  for (const name of ["no_crs.tif", "laea.tif"]) {
    await assert.rejects(openGeoTiff(testdata(name)), { code: "unsupported" });
  }
  await assert.rejects(readAll(testdata("jpeg.tif")), { code: "unsupported" });
  await assert.rejects(openGeoTiff(testdata("none.tif")), { code: "not-found" });
});

test("openGeoTiff() refuses a file cut anywhere with a typed error", async () => {
  for (const name of ["zstd_bigtiff.tif", "lzw_pred2.tif", "deflate_pred3.tif", "packbits.tif"]) {
    const whole = await readFile(testdata(name));
    for (let length = 0; length < whole.length - 8; length += 1 + Math.floor(whole.length / 40)) {
      await withFile(whole.subarray(0, length), async (path) => {
        try {
          await readAll(path);
        } catch (error) {
          assert(isRsembedError(error, "corrupt", "unsupported"), `${name} at ${length}: ${error}`);
          return;
        }
        // GDAL writes some tags behind the pixels: only those can be missing without harm
        assert(length > whole.length * 0.5, `${name} cut at ${length} was read`);
      });
    }
  }
});

test("openGeoTiff() meets flipped bits with values or a typed error, never more", async () => {
  let state = 7;
  const next = (n: number) => (state = (state * 48_271) % 2_147_483_647) % n;
  for (
    const name of ["zstd_bigtiff.tif", "lzw_pred2.tif", "deflate_pred3.tif", "lerc_deflate_f32.tif"]
  ) {
    const whole = await readFile(testdata(name));
    for (let trial = 0; trial < 60; trial++) {
      const bytes = Uint8Array.from(whole);
      for (let k = 0; k < 3; k++) bytes[next(bytes.length)]! ^= 1 << next(8);
      await withFile(bytes, async (path) => {
        try {
          const file = await openGeoTiff(path);
          try {
            const window = { x: 0, y: 0, width: 1, height: 1 };
            await file.read(window, [0]);
          } finally {
            await file.close();
          }
        } catch (error) {
          assert(isRsembedError(error), `${name}, trial ${trial}: ${error}`);
        }
      });
    }
  }
});

const hostile: Record<string, { tiff: TinyGeoTiff; code: string }> = {
  "a strip of a terabyte": {
    tiff: { tags: [[256, 4, [2 ** 20]], [257, 4, [2 ** 20]], [278, 4, [2 ** 20]]] },
    code: "limit",
  },
  "bits of 3000 samples for one band": {
    tiff: { tags: [[258, 3, Array(3000).fill(16)]] },
    code: "",
  },
  "no columns": { tiff: { tags: [[256, 4, [0]]] }, code: "corrupt" },
  "no bands": { tiff: { tags: [[277, 3, [0]]] }, code: "corrupt" },
  "pixels outside the file": { tiff: { tags: [[273, 4, [4_000_000_000]]] }, code: "corrupt" },
  "a strip longer than its pixels": { tiff: { tags: [[279, 4, [2 ** 31]]] }, code: "corrupt" },
  "a strip shorter than its pixels": { tiff: { tags: [[279, 4, [100]]] }, code: "corrupt" },
  "fewer strips than rows need": { tiff: { tags: [[278, 4, [1]]] }, code: "corrupt" },
  "samples of 12 bits": { tiff: { tags: [[258, 3, [12]]] }, code: "unsupported" },
  "complex samples": { tiff: { tags: [[339, 3, [6]]] }, code: "unsupported" },
  "pixels without size": { tiff: { pixelSize: 0 }, code: "unsupported" },
  "a place that is no number": { tiff: { west: NaN }, code: "unsupported" },
};

for (const [what, { tiff, code }] of Object.entries(hostile)) {
  test(`openGeoTiff() reads or refuses ${what}`, async () => {
    await withFile(tinyGeoTiff(tiff), async (path) => {
      if (code === "") assert.equal((await readAll(path)).data[0], 1);
      else await assert.rejects(readAll(path), { name: "RsembedError", code });
    });
  });
}

test("openGeoTiff() refuses a count of values that the file cannot hold, without allocating it", async () => {
  const bytes = tinyGeoTiff();
  const view = new DataView(bytes.buffer);
  const start = view.getUint32(4, true);
  // the first tag, ImageWidth
  view.setUint32(start + 2 + 4, 0xffff_ffff, true);
  await withFile(bytes, (path) => assert.rejects(openGeoTiff(path), { code: "limit" }));
  view.setUint32(start + 2 + 4, 1_000_000, true);
  await withFile(bytes, (path) => assert.rejects(openGeoTiff(path), { code: "corrupt" }));
});

test("openGeoTiff() refuses a block that swells far beyond its pixels", async () => {
  const bomb = zlib.deflateSync(new Uint8Array(2 ** 26), { level: 9 });
  const bytes = tinyGeoTiff({
    tags: [[259, 3, [8]], [279, 4, [bomb.length]], [273, 4, [4096]], [256, 4, [300]], [257, 4, [
      300,
    ]], [
      278,
      4,
      [300],
    ]],
  });
  const joined = new Uint8Array(4096 + bomb.length);
  joined.set(bytes);
  joined.set(bomb, 4096);
  await withFile(joined, (path) => assert.rejects(readAll(path), { code: "corrupt" }));
});

test("read() rejects with the signal's reason when it is stopped", async () => {
  const file = await openGeoTiff(testdata("packbits.tif"));
  const reason = new Error("enough");
  try {
    const window = { x: 0, y: 0, width: 19, height: 13 };
    await assert.rejects(file.read(window, [0], { signal: AbortSignal.abort(reason) }), reason);
  } finally {
    await file.close();
  }
});

test("read() refuses a window that would fill the memory", async () => {
  const file = await openGeoTiff(testdata("packbits.tif"));
  try {
    const window = { x: 0, y: 0, width: 19, height: 13 };
    await assert.rejects(file.read(window, Array(2 ** 21).fill(0)), { code: "limit" });
  } finally {
    await file.close();
  }
});
