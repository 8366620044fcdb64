import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { bytesOf, type Dtype, isRsembedError, ndarray, northUpGrid, sizeOf } from "@rsembed/core";
import { about, combined, embedding, inFolder, input } from "../_suite/fixtures.ts";
import { fullDisk } from "../_suite/faulty_disk.ts";
import { type Cell, memoryDataset } from "../memory_dataset.ts";
import { geotiffFormat, openGeotiff } from "./mod.ts";
import { decodeBytes, decodeFloats, encodeBytes, encodeFloats } from "./predictor.ts";
import { openTiff } from "./read_tiff.ts";
import { writeTiff } from "./write_tiff.ts";

const format = geotiffFormat();
const grid = northUpGrid({
  crs: "EPSG:32632",
  west: 500_000,
  north: 6_340_000,
  pixelSize: 20,
  width: 3,
  height: 2,
});

function datasetOf(cells: readonly Cell[]) {
  return memoryDataset(cells, { layout: "per_item", placeCount: 1, about });
}

function onGrid(cell: Cell): Cell {
  return { ...cell, place: { ...cell.place, grid } };
}

test("predictors are undone", () => {
  const bytes = Uint8Array.from({ length: 16 * 16 * 4 }, (_, i) => (i * i * 31 + i) & 255);
  for (const width of [2, 4, 8]) {
    const shape = { side: 16, width };
    const part = bytes.slice(0, 16 * width);
    assert.deepEqual(decodeFloats(encodeFloats(part, shape), shape), part);
  }
  const shape = { side: 16, width: 1 };
  assert.deepEqual(decodeBytes(encodeBytes(bytes, shape), shape), bytes);
});

test("images of every type and size come back as they were", () =>
  inFolder(async (folder) => {
    const types: Dtype[] = [
      "uint8",
      "int8",
      "uint16",
      "int16",
      "float16",
      "int32",
      "float32",
      "float64",
    ];
    const shapes = [[1, 1, 1], [3, 16, 16], [2, 17, 40], [1, 300, 270], [200, 5, 7]] as const;
    for (const [n, dtype] of types.entries()) {
      for (const shape of n === 6 ? shapes : shapes.slice(0, 3)) {
        const path = join(folder, "a.tif");
        const array = ndarray(dtype, { axes: ["band", "y", "x"], shape });
        const bytes = new Uint8Array(array.data.buffer);
        bytes.forEach((_, i) => bytes[i] = (i * 2654435761) >>> 13);
        await writeTiff(path, { dtype, shape, bytes, grid: null, facts: { note: 'a <b> & "c"' } });
        const file = await openTiff(path);
        assert.deepEqual(file.info, { dtype, shape });
        assert.deepEqual(await file.read(), bytes);
        await file[Symbol.asyncDispose]();
      }
    }
  }));

test("a place has a file for each model, which the first one tells of", () =>
  inFolder(async (folder) => {
    const path = join(folder, "p00000.tif");
    const series = { ...input("a", 0, [2, 4, 2, 3]), model: "b" };
    const cells = [
      onGrid(embedding("a", 0, [4, 2, 3])),
      onGrid(embedding("b", 0, [5, 2, 3])),
      onGrid(input("a", 0, [2, 2, 3])),
      onGrid(series),
    ];
    const written = await format.write(path, datasetOf(cells));
    assert.deepEqual((await readdir(folder)).sort(), [
      "p00000.a.input.tif",
      "p00000.b.input.tif",
      "p00000.b.tif",
      "p00000.tif",
    ]);
    const file = await openGeotiff(path);
    assert.deepEqual([...file.keys].sort(), written.keys);
    for (
      const [key, { array }] of [
        ["embedding__a", cells[0]!],
        ["embedding__b", cells[1]!],
        ["input_chw__a", cells[2]!],
        ["input_chw__b", cells[3]!],
      ] as const
    ) {
      const back = await file.read(key);
      assert.deepEqual(back.shape, array.shape);
      assert.deepEqual(bytesOf(back), bytesOf(array));
    }
    await assert.rejects(file.read("embedding__c"), (error) => isRsembedError(error, "not-found"));
    const tags = await readFile(path, "latin1");
    assert.match(tags, /<Item name="model">a<\/Item>/);
  }));

test("8-bit integers have their scales in a file beside them", () =>
  inFolder(async (folder) => {
    const path = join(folder, "p.tif");
    const q = ndarray("int8", { axes: ["d", "y", "x"], shape: [2, 2, 3] });
    q.data.forEach((_, i) => q.data[i] = 100 - 17 * i);
    const scale = ndarray("float32", { axes: ["y", "x"], shape: [2, 3] });
    scale.data.forEach((_, i) => scale.data[i] = i / 8);
    const cells: Cell[] = [
      onGrid({ ...embedding("m", 0), array: q }),
      onGrid({ ...embedding("m", 0), kind: "scale", array: scale }),
    ];
    await format.write(path, datasetOf(cells));
    assert.deepEqual((await readdir(folder)).sort(), ["p.m.scale.tif", "p.tif"]);
    const file = await openGeotiff(path);
    assert.deepEqual([...(await file.read("embedding__m")).data], [...q.data]);
    const back = await file.read("embedding_scale__m");
    assert.deepEqual([back.shape, [...back.data]], [[2, 3], [...scale.data]]);
  }));

test("many places, vectors and nothing at all are refused", () =>
  inFolder(async (folder) => {
    const path = join(folder, "p.tif");
    for (
      const dataset of [
        datasetOf([embedding("m", 0, [4])]),
        datasetOf([]),
        memoryDataset([embedding("m", 0, [2, 2, 2])], { ...combined(1), about }),
      ]
    ) {
      await assert.rejects(
        format.write(path, dataset),
        (error) => isRsembedError(error, "unsupported"),
      );
    }
    assert.deepEqual(await readdir(folder), []);
  }));

test("a disk that fills up leaves no first file", () =>
  inFolder(async (folder) => {
    const path = join(folder, "p.tif");
    const cells = [onGrid(embedding("a", 0, [2, 2, 3])), onGrid(embedding("b", 0, [2, 2, 3]))];
    let failures = 0;
    for (let at = 0;; at++) {
      const error = await format.write(path, datasetOf(cells), { disk: fullDisk(at) })
        .then(() => null, (error) => error);
      if (error === null) break;
      failures++;
      assert(isRsembedError(error, "unavailable"));
      const names = await readdir(folder);
      assert(!names.includes("p.tif") && names.every((name) => !name.startsWith(".")), `${names}`);
    }
    assert(failures > 6, `${failures} failures`);
  }));

test("openGeotiff() refuses what is missing, damaged, of others or too large", () =>
  inFolder(async (folder) => {
    const path = join(folder, "p.tif");
    await assert.rejects(openGeotiff(path), (error) => isRsembedError(error, "not-found"));
    const cell = onGrid(embedding("m", 0, [3, 20, 20]));
    await format.write(path, datasetOf([cell]));
    const small = await openGeotiff(path, { maxArrayBytes: 4 * 1200 - 1 });
    await assert.rejects(small.read("embedding__m"), (error) => isRsembedError(error, "limit"));
    const whole = await readFile(path);
    for (let length = 0; length < whole.length; length += 41) {
      await writeFile(path, whole.subarray(0, length));
      const error = await openGeotiff(path).then((file) => file.read("embedding__m"))
        .then(() => null, (error) => error);
      assert(
        isRsembedError(error, "corrupt") || isRsembedError(error, "unsupported"),
        `${length}: ${error}`,
      );
    }
    for (let at = 0; at < whole.length; at += 5) {
      const damaged = Uint8Array.from(whole);
      damaged[at]! ^= 0xff;
      await writeFile(path, damaged);
      const error = await openGeotiff(path, { maxArrayBytes: 2 ** 20 })
        .then((file) => file.read("embedding__m")).then(() => null, (error) => error);
      assert(error === null || isRsembedError(error), `byte ${at}: ${error}`);
    }
    const plain = {
      dtype: "uint8",
      shape: [1, 2, 2],
      bytes: new Uint8Array(4),
      grid,
      facts: {},
    } as const;
    await writeTiff(path, plain);
    await assert.rejects(openGeotiff(path), (error) => isRsembedError(error, "unsupported"));
    await writeTiff(path, { ...plain, facts: { arrays: '{"a": "../../secret.tif"}' } });
    await assert.rejects(openGeotiff(path), (error) => isRsembedError(error, "corrupt"));
    assert.equal(sizeOf(cell.array.shape), 1200);
  }));
