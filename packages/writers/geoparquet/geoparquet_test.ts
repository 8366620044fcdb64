import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { isRsembedError, ndarray, toHalf } from "@rsembed/core";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import {
  about,
  combined,
  embedding,
  inFolder,
  input,
  placeOf,
  values,
} from "../_suite/fixtures.ts";
import { fullDisk, watchedDisk } from "../_suite/faulty_disk.ts";
import { type Cell, memoryDataset } from "../memory_dataset.ts";
import type { DatasetFailure, DatasetModel } from "../dataset.ts";
import { failuresPath, geoparquetFormat, openGeoParquet } from "./mod.ts";

const format = geoparquetFormat();

const model: DatasetModel = {
  name: "m",
  id: "galileo",
  variant: "nano",
  weightsSha256: "ab".repeat(32),
  licence: "MIT",
  collection: "COPERNICUS/S2_SR_HARMONIZED",
  gsdM: 10,
  imageSizePx: null,
  config: {},
};

function datasetOf(
  cells: readonly Cell[],
  placeCount = cells.length,
  failures: DatasetFailure[] = [],
) {
  return memoryDataset(cells, {
    ...combined(placeCount),
    about: { ...about, models: [model] },
    failures,
  });
}

/** A file as an independent reader sees it. */
async function table(path: string) {
  const { buffer, byteOffset, length } = await readFile(path);
  const file = buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer;
  const metadata = parquetMetadata(file);
  const rows = await parquetReadObjects({ file, metadata, compressors });
  const facts = (key: string) =>
    metadata.key_value_metadata!.find((kv) => kv.key === key)?.value ?? "";
  return { metadata, rows, facts };
}

test("a row says where, when and from what its embedding was made", () =>
  inFolder(async (folder) => {
    const path = join(folder, "run.parquet");
    const cells = [embedding("m", 1, [5]), embedding("m", 0, [5])];
    const written = await format.write(path, datasetOf(cells));
    assert.deepEqual(written.keys, ["embeddings__m"]);
    const { rows, facts } = await table(path);
    assert.equal(rows.length, 2);
    const [row] = rows;
    assert.deepEqual(Object.keys(row!), [
      "id",
      "embedding",
      "geometry",
      "bbox",
      "datetime",
      "start_datetime",
      "end_datetime",
      "model",
      "model_version",
      "weights_sha256",
      "source",
      "source_ids",
      "gsd",
      "valid_fraction",
      "place",
    ]);
    assert.deepEqual([...row!.embedding], [...values([5], 0).data].map(Number));
    assert.match(row!.id, /^[0-9a-f]{32}$/);
    assert.notEqual(row!.id, rows[1]!.id);
    const { footprint } = placeOf(0);
    assert.deepEqual(row!.geometry, {
      type: "Polygon",
      coordinates: [[...footprint!, footprint![0]]],
    });
    const [west, south] = footprint![0]!;
    assert.deepEqual([row!.bbox.xmin, row!.bbox.ymin], [west, south]);
    assert.equal(row!.start_datetime.toISOString(), "2022-06-01T00:00:00.000Z");
    assert.equal(row!.datetime.toISOString(), "2022-07-17T00:00:00.000Z");
    assert.deepEqual([row!.model, row!.model_version, row!.gsd], ["galileo", "nano", 10]);
    assert.deepEqual(row!.source_ids, ["scene-0"]);
    const geo = JSON.parse(facts("geo"));
    assert.equal(geo.version, "1.1.0");
    assert.deepEqual(geo.columns.geometry.covering.bbox.xmin, ["bbox", "xmin"]);
    assert.deepEqual(geo.columns.geometry.bbox.slice(0, 2), [west, south]);
    assert.equal(JSON.parse(facts("rsembed")).fingerprint, about.fingerprint);
    assert(facts("ARROW:schema").length > 100);
  }));

test("many rows in many pages come back as they were, and boxes have statistics", () =>
  inFolder(async (folder) => {
    const path = join(folder, "run.parquet");
    const count = 3000;
    const cells = Array.from({ length: count }, (_, index) => {
      const array = ndarray("float32", { axes: ["d"], shape: [200] });
      array.data.forEach((_, i) => array.data[i] = Math.sin(index * 200 + i));
      const cell = embedding("m", index);
      // every seventh is of any date
      const start = index % 7 === 0 ? null : cell.place.start;
      return { ...cell, array, place: { ...cell.place, start } };
    });
    await format.write(path, datasetOf(cells));
    const file = await openGeoParquet(path);
    const { data, shape } = await file.read("embeddings__m");
    assert.deepEqual(shape, [count, 200]);
    assert(cells.every(({ array }, i) => array.data.every((x, k) => data[i * 200 + k] === x)));
    await file[Symbol.asyncDispose]();
    const { metadata, rows } = await table(path);
    rows.forEach(({ place, start_datetime }, i) => {
      assert.equal(place, cells[i]!.place.name);
      assert.equal(
        start_datetime === null || start_datetime === undefined,
        i % 7 === 0,
        `row ${i}`,
      );
    });
    const starts = metadata.row_groups[0]!.columns.find(({ meta_data }) =>
      meta_data?.path_in_schema.join(".") === "start_datetime"
    )!.meta_data!;
    assert.equal(Number(starts.statistics?.null_count), Math.ceil(count / 7));
    const box = metadata.row_groups[0]!.columns.find(({ meta_data }) =>
      meta_data?.path_in_schema.join(".") === "bbox.xmin"
    )!.meta_data!;
    assert.equal(box.statistics?.min_value, 9.8);
    assert.equal(box.statistics?.max_value, 9.8 + (count - 1) / 50);
  }));

test("a column with fewer values than its rows have is refused", () =>
  inFolder(async (folder) => {
    const path = join(folder, "run.parquet");
    const dataset = datasetOf([0, 1, 2].map((index) => embedding("m", index)));
    const columns = dataset.columns.map((column) => ({
      ...column,
      values: () => column.values({ start: 0, end: 2 }),
    }));
    await assert.rejects(format.write(path, { ...dataset, columns }), RangeError);
    assert.deepEqual(await readdir(folder), []);
  }));

test("places that failed stand in a file of their own, and not among the rows", () =>
  inFolder(async (folder) => {
    const path = join(folder, "run.parquet");
    const failure: DatasetFailure = {
      index: 1,
      name: "p00001",
      model: "m",
      code: "no-data",
      message: "Cannot find imagery",
      footprint: placeOf(1).footprint,
    };
    const cells = [embedding("m", 0), embedding("m", 2)];
    const written = await format.write(path, datasetOf(cells, 3, [failure]));
    assert.deepEqual(written.columns[0]!.indices, [0, 2]);
    assert.equal((await table(path)).rows.length, 2);
    const { rows } = await table(failuresPath(path));
    assert.deepEqual(
      rows.map(({ index, code, message }) => [index, code, message]),
      [[1, "no-data", "Cannot find imagery"]],
    );
    await format.write(path, datasetOf([...cells, embedding("m", 1)], 3));
    assert.deepEqual(await readdir(folder), ["run.parquet"]);
  }));

test("vectors in fewer bytes keep their type, and integers their scale", () =>
  inFolder(async (folder) => {
    const path = join(folder, "run.parquet");
    const q = ndarray("int8", { axes: ["d"], shape: [3], data: Int8Array.of(-127, 0, 5) });
    const s = ndarray("float32", { axes: [], shape: [], data: Float32Array.of(0.25) });
    const cells: Cell[] = [0, 1].flatMap((index) => [
      { ...embedding("m", index), array: q },
      { ...embedding("m", index), kind: "scale", array: s },
    ]);
    await format.write(path, datasetOf(cells, 2));
    const { rows } = await table(path);
    assert.deepEqual([...rows[1]!.embedding], [-127, 0, 5]);
    assert.equal(rows[1]!.scale, 0.25);
    const file = await openGeoParquet(path);
    assert.deepEqual([...(await file.read("embeddings__m")).data], [-127, 0, 5, -127, 0, 5]);
    assert.deepEqual([...(await file.read("embeddings_scale__m")).data], [0.25, 0.25]);
    await file[Symbol.asyncDispose]();
    const half = ndarray("float16", { axes: ["d"], shape: [2], data: toHalf([1, -0.5]) });
    await format.write(path, datasetOf([{ ...embedding("m", 0), array: half }]));
    assert.deepEqual([...(await table(path)).rows[0]!.embedding], [1, -0.5]);
  }));

test("Clay's columns are those of its published files", () =>
  inFolder(async (folder) => {
    const path = join(folder, "27WXN_20200101_20231231_v001.gpq");
    await geoparquetFormat({ profile: "clay" }).write(path, datasetOf([embedding("m", 0)]));
    const { rows, facts } = await table(path);
    assert.deepEqual(Object.keys(rows[0]!), ["source_url", "date", "embeddings", "geometry"]);
    assert.equal(rows[0]!.source_url, "scene-0");
    assert.equal(rows[0]!.date.toISOString().slice(0, 10), "2022-07-17");
    assert.equal(JSON.parse(facts("geo")).columns.geometry.covering, undefined);
    const file = await openGeoParquet(path);
    assert.deepEqual((await file.read("embeddings__m")).shape, [1, 4]);
    await file[Symbol.asyncDispose]();
  }));

test("grids, imagery and vectors of several lengths are refused", () =>
  inFolder(async (folder) => {
    const path = join(folder, "run.parquet");
    for (
      const cells of [
        [embedding("m", 0, [2, 3, 3])],
        [embedding("m", 0), input("m", 0)],
        [embedding("a", 0, [3]), embedding("b", 0, [4])],
      ]
    ) {
      await assert.rejects(
        format.write(path, datasetOf(cells, 1)),
        (error) => isRsembedError(error, "unsupported"),
      );
    }
    assert.deepEqual(await readdir(folder), []);
  }));

test("a disk that fills up, and a signal, leave what was there", () =>
  inFolder(async (folder) => {
    const path = join(folder, "run.parquet");
    const cells = [0, 1, 2].map((index) => embedding("m", index));
    let failures = 0;
    for (let at = 0;; at++) {
      const error = await format.write(path, datasetOf(cells), { disk: fullDisk(at) })
        .then(() => null, (error) => error);
      if (error === null) break;
      failures++;
      assert(isRsembedError(error, "unavailable") && error.facts.status === "ENOSPC");
      assert.deepEqual(await readdir(folder), []);
    }
    assert(failures > 10, `${failures} failures`);
    const before = await readFile(path);
    const reason = new Error("enough");
    for (let at = 0; at < 10; at++) {
      const controller = new AbortController();
      let count = 0;
      const disk = watchedDisk(() => {
        if (count++ === at) controller.abort(reason);
      });
      await assert.rejects(
        format.write(path, datasetOf(cells), { disk, signal: controller.signal }),
        (error) => error === reason,
      );
      assert(before.equals(await readFile(path)));
    }
  }));

test("openGeoParquet() refuses what is damaged, cut short, of others or too large", () =>
  inFolder(async (folder) => {
    const path = join(folder, "run.parquet");
    const cells = [0, 1, 2].map((index) => embedding("m", index));
    await format.write(path, datasetOf(cells));
    const whole = await readFile(path);
    for (let length = 0; length < whole.length; length += 97) {
      await writeFile(path, whole.subarray(0, length));
      await assert.rejects(openGeoParquet(path), (error) => isRsembedError(error, "corrupt"));
    }
    for (let at = 0; at < whole.length; at += 13) {
      const damaged = Uint8Array.from(whole);
      damaged[at]! ^= 0x55;
      await writeFile(path, damaged);
      try {
        const file = await openGeoParquet(path);
        try {
          for (const key of file.keys) await file.read(key);
        } finally {
          await file[Symbol.asyncDispose]();
        }
      } catch (error) {
        assert(isRsembedError(error), `byte ${at}: ${error}`);
      }
    }
    await writeFile(path, whole);
    const small = await openGeoParquet(path, { maxArrayBytes: 47 });
    await assert.rejects(small.read("embeddings__m"), (error) => isRsembedError(error, "limit"));
    await assert.rejects(
      small.read("embeddings__n"),
      (error) => isRsembedError(error, "not-found"),
    );
    await small[Symbol.asyncDispose]();
    await assert.rejects(
      openGeoParquet(join(folder, "none")),
      (e) => isRsembedError(e, "not-found"),
    );
    const failures = [{ index: 0, name: "", model: "m", code: "", message: "", footprint: null }];
    await format.write(path, datasetOf([embedding("m", 1)], 2, failures));
    await assert.rejects(
      openGeoParquet(failuresPath(path)),
      (error) => isRsembedError(error, "unsupported"),
    );
  }));
