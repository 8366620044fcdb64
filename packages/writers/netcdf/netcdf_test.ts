import assert from "node:assert/strict";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { isRsembedError, ndarray, northUpGrid, toHalf } from "@rsembed/core";
import { about, combined, embedding, inFolder, input, writeAll } from "../_suite/fixtures.ts";
import { watchedDisk } from "../_suite/faulty_disk.ts";
import { memoryDataset } from "../memory_dataset.ts";
import { netcdfFormat, openNetcdf } from "./mod.ts";

const format = netcdfFormat();
const perItem = { layout: "per_item", placeCount: 1 } as const;

const grid = northUpGrid({
  crs: "EPSG:32632",
  west: 500_000,
  north: 6_340_000,
  pixelSize: 20,
  width: 3,
  height: 2,
});

test("equal datasets give equal bytes whenever they are written", () =>
  inFolder(async (folder) => {
    const cells = [0, 1].flatMap((index) => [embedding("m", index), input("m", index)]);
    const write = async (name: string) => {
      const path = join(folder, name);
      await writeAll(format, path, { ...combined(2), cells });
      return await readFile(path);
    };
    const first = await write("a.nc");
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const second = await write("b.nc");
    assert(first.equals(second));
  }));

test("arrays larger than a block come back as they were", () =>
  inFolder(async (folder) => {
    const path = join(folder, "a.nc");
    const cells = Array.from({ length: 40 }, (_, index) => {
      const array = ndarray("float32", { axes: ["d", "y", "x"], shape: [768, 9, 7] });
      array.data.forEach((_, i) => array.data[i] = Math.sin(index * 1e5 + i));
      return { ...embedding("m", index), array };
    });
    await writeAll(format, path, { ...combined(40), cells });
    const file = await openNetcdf(path);
    const { shape, data, axes } = await file.read("embeddings__m");
    assert.deepEqual(shape, [40, 768, 9, 7]);
    assert.deepEqual(axes, ["point", "dim", "y", "x"]);
    const size = 768 * 9 * 7;
    for (const [index, { array }] of cells.entries()) {
      const row = data.subarray(index * size, (index + 1) * size) as Float32Array;
      assert(array.data.every((x, i) => x === row[i]), `place ${index}`);
    }
    await file[Symbol.asyncDispose]();
  }));

test("places and times stand beside the embeddings of all of them", () =>
  inFolder(async (folder) => {
    const path = join(folder, "a.nc");
    const cells = [0, 1, 2].map((index) => embedding("m", index));
    await writeAll(format, path, { ...combined(3), cells });
    const file = await openNetcdf(path);
    const read = async (name: string) => [...(await file.read(name)).data].map(Number);
    assert.deepEqual((await read("lon")).map((lon) => lon.toFixed(5)), [
      "9.80825",
      "9.82825",
      "9.84825",
    ]);
    const day = Date.UTC(2022, 6, 17) / 86_400_000;
    assert.deepEqual(await read("time"), [day, day, day]);
    assert.deepEqual((await file.read("embeddings__m")).axes, ["point", "dim"]);
    await file[Symbol.asyncDispose]();
  }));

test("the grid of one place has the coordinates of its cells", () =>
  inFolder(async (folder) => {
    const path = join(folder, "a.nc");
    const cell = embedding("m", 0, [4, 2, 3]);
    const cells = [{ ...cell, place: { ...cell.place, grid } }];
    await writeAll(format, path, { ...perItem, cells });
    const file = await openNetcdf(path);
    const read = async (name: string) => [...(await file.read(name)).data].map(Number);
    assert.deepEqual(await read("x"), [500_010, 500_030, 500_050]);
    assert.deepEqual(await read("y"), [6_339_990, 6_339_970]);
    assert.deepEqual((await file.read("embedding__m")).axes, ["dim", "y", "x"]);
    await file[Symbol.asyncDispose]();
  }));

test("arrays of several sizes have dimensions of their own", () =>
  inFolder(async (folder) => {
    const path = join(folder, "a.nc");
    const cells = [
      embedding("a", 0, [4]),
      embedding("b", 0, [5]),
      input("a", 0),
      input("b", 0, [3, 2, 2]),
    ];
    await writeAll(format, path, { ...perItem, cells });
    const file = await openNetcdf(path);
    const axes = async (name: string) => (await file.read(name)).axes;
    assert.deepEqual(await axes("embedding__a"), ["dim"]);
    assert.deepEqual(await axes("embedding__b"), ["dim__embedding__b"]);
    assert.deepEqual(await axes("input_chw__a"), ["band", "y", "x"]);
    assert.deepEqual(await axes("input_chw__b"), [
      "band__input_chw__b",
      "y__input_chw__b",
      "x__input_chw__b",
    ]);
    await file[Symbol.asyncDispose]();
  }));

test("half precision is refused, as netCDF has none", () =>
  inFolder(async (folder) => {
    const array = ndarray("float16", { axes: ["d"], shape: [2], data: toHalf([1, 2]) });
    const cells = [{ ...embedding("m", 0), array }];
    await assert.rejects(
      writeAll(format, join(folder, "a.nc"), { ...perItem, cells }),
      (error) => isRsembedError(error, "unsupported"),
    );
  }));

test("writing stops between blocks with the signal's reason, leaving nothing", () =>
  inFolder(async (folder) => {
    const path = join(folder, "a.nc");
    const controller = new AbortController();
    const reason = new Error("enough");
    const cells = [0, 1, 2].map((index) => embedding("m", index, [2 ** 20]));
    const dataset = memoryDataset(cells, { ...combined(3), about });
    const [column] = dataset.columns;
    let opened = 0;
    const slow = {
      ...column!,
      async *values() {
        for (const { array } of cells) {
          if (opened++ === 1) controller.abort(reason);
          yield new Uint8Array(array.data.buffer);
        }
      },
    };
    await assert.rejects(
      format.write(path, { ...dataset, columns: [slow] }, { signal: controller.signal }),
      (error) => error === reason,
    );
    assert.equal(opened, 2);
    await assert.rejects(readFile(path), /ENOENT/);
  }));

test("a failing disk is told by what it says", () =>
  inFolder(async (folder) => {
    const path = join(folder, "a.nc");
    const disk = watchedDisk((operation) => {
      if (operation === "replace") throw Object.assign(new Error("EROFS"), { code: "EROFS" });
    });
    await assert.rejects(
      writeAll(format, path, { ...perItem, cells: [embedding("m", 0)], disk }),
      (error) => isRsembedError(error, "unavailable") && /read-only/.test(error.message),
    );
  }));

test("openNetcdf() reads files of rs-embed", () =>
  inFolder(async (folder) => {
    const source = new URL("testdata/rs_embed_pooled.nc", import.meta.url);
    const path = join(folder, "run.nc");
    await copyFile(source, path);
    const file = await openNetcdf(path);
    const vectors = await file.read("embeddings__toy_rgb");
    assert.equal(vectors.dtype, "float32");
    assert.deepEqual(vectors.axes, ["point", "dim"]);
    assert(vectors.data.length > 0 && [...vectors.data].every((x) => Number.isFinite(Number(x))));
    await file[Symbol.asyncDispose]();
  }));

test("openNetcdf() says what a netCDF classic file is", () =>
  inFolder(async (folder) => {
    const path = join(folder, "a.nc");
    await writeFile(path, "CDF\x01\0\0\0\0");
    await assert.rejects(
      openNetcdf(path),
      (error) => isRsembedError(error, "unsupported") && /nccopy/.test(error.message),
    );
  }));
