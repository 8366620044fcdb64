import assert from "node:assert/strict";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { isRsembedError, ndarray, northUpGrid, toHalf } from "@rsembed/core";
import * as zarrita from "zarrita";
import { about, combined, embedding, inFolder, input } from "../_suite/fixtures.ts";
import { errno, watchedDisk } from "../_suite/faulty_disk.ts";
import { type Cell, memoryDataset } from "../memory_dataset.ts";
import { crc32c } from "./crc32c.ts";
import { openZarr, zarrFormat } from "./mod.ts";

const format = zarrFormat();

function datasetOf(cells: readonly Cell[], placeCount = cells.length) {
  return memoryDataset(cells, { ...combined(placeCount), about });
}

const perItem = { layout: "per_item", placeCount: 1, about } as const;

/** All files of a folder, with their bytes. */
async function filesOf(folder: string): Promise<Record<string, string>> {
  const out: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    out[path.slice(folder.length)] = await readFile(path, "latin1");
  }
  return out;
}

/** An array as an independent reader sees it. */
async function seen(path: string, inner: string) {
  const get = async (key: string) => {
    const bytes = await readFile(join(path, key)).catch(() => undefined);
    return bytes && new Uint8Array(bytes);
  };
  const store = {
    get,
    async getRange(
      key: string,
      range: { offset: number; length: number } | { suffixLength: number },
    ) {
      const bytes = await get(key);
      if (!bytes) return undefined;
      return "offset" in range
        ? bytes.slice(range.offset, range.offset + range.length)
        : bytes.slice(-range.suffixLength);
    },
  };
  const array = await zarrita.open.v3(zarrita.root(store).resolve(inner), { kind: "array" });
  const found = await zarrita.get(array) as { data: Float32Array; shape: number[] } | number;
  const { data, shape } = typeof found === "number" ? { data: [found], shape: [] } : found;
  return {
    data: [...data].map(Number),
    shape,
    attributes: array.attrs,
    names: array.dimensionNames,
  };
}

test("crc32c() is that of the standard", () => {
  assert.equal(crc32c(new TextEncoder().encode("123456789")), 0xe3069283);
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
});

test("many places stand in one array of a model, with where and when they are", () =>
  inFolder(async (folder) => {
    const path = join(folder, "run.zarr");
    const cells = [2, 0].flatMap((index) => [embedding("toy-rgb", index), input("toy-rgb", index)]);
    const written = await format.write(path, datasetOf(cells, 3));
    assert.deepEqual(written.keys, ["embeddings__toy_rgb", "inputs_bchw__toy_rgb"]);
    assert.deepEqual(written.columns.map(({ indices }) => indices), [[0, 2], [0, 2]]);
    const vectors = await seen(path, "toy_rgb/embedding");
    assert.deepEqual(vectors.shape, [2, 4]);
    assert.deepEqual(vectors.names, ["place", "embedding"]);
    assert.deepEqual(vectors.data, [0.5, 1.5, 2.5, 3.5, 2000.5, 2001.5, 2002.5, 2003.5]);
    assert.deepEqual((await seen(path, "toy_rgb/index")).data, [0, 2]);
    const day = Date.UTC(2022, 6, 17) / 86_400_000;
    assert.deepEqual((await seen(path, "toy_rgb/time")).data, [day, day]);
    const root = JSON.parse(await readFile(join(path, "zarr.json"), "utf8"));
    assert.equal(root.zarr_format, 3);
    assert.deepEqual(
      root.consolidated_metadata.metadata["toy_rgb/embedding"],
      JSON.parse(await readFile(join(path, "toy_rgb/embedding/zarr.json"), "utf8")),
    );
    assert.equal(root.consolidated_metadata.metadata.toy_rgb.attributes["geoemb:type"], "chip");
    assert.equal(root.attributes.rsembed.fingerprint, about.fingerprint);
  }));

test("arrays of many shards and chunks come back as they were", () =>
  inFolder(async (folder) => {
    const path = join(folder, "run.zarr");
    // 2.4 MB a row: a chunk each, 26 in a shard
    const cells = Array.from({ length: 30 }, (_, index) => {
      const array = ndarray("float32", { axes: ["d", "y", "x"], shape: [600, 32, 32] });
      array.data.forEach((_, i) => array.data[i] = (index * 7 + i) % 251);
      return { ...embedding("m", index), array };
    });
    await format.write(path, datasetOf(cells));
    assert.deepEqual(await readdir(join(path, "m", "embedding", "c")), ["0", "1"]);
    const file = await openZarr(path);
    const { data, shape, axes } = await file.read("embeddings__m");
    assert.deepEqual(shape, [30, 600, 32, 32]);
    assert.deepEqual(axes, ["place", "embedding", "y", "x"]);
    const size = 600 * 32 * 32;
    for (const [i, { array }] of cells.entries()) {
      assert(array.data.every((x, k) => data[i * size + k] === x), `place ${i}`);
    }
  }));

test("the grid of one place has its CRS and the coordinates of its cells", () =>
  inFolder(async (folder) => {
    const path = join(folder, "p.zarr");
    const grid = northUpGrid({
      crs: "EPSG:32632",
      west: 500_000,
      north: 6_340_000,
      pixelSize: 20,
      width: 3,
      height: 2,
    });
    const cell = embedding("m", 0, [4, 2, 3]);
    const cells = [{ ...cell, place: { ...cell.place, grid } }, input("m", 0)];
    await format.write(path, memoryDataset(cells, perItem));
    const tokens = await seen(path, "m/embedding");
    assert.deepEqual(tokens.names, ["embedding", "y", "x"]);
    assert.equal(tokens.attributes["proj:code"], "EPSG:32632");
    assert.deepEqual(tokens.attributes["spatial:transform"], [...grid.transform]);
    assert.deepEqual(tokens.attributes["spatial:bbox"], [500_000, 6_339_960, 500_060, 6_340_000]);
    assert.deepEqual((await seen(path, "m/x")).data, [500_010, 500_030, 500_050]);
    assert.deepEqual((await seen(path, "m/y")).data, [6_339_990, 6_339_970]);
    assert.match(String((await seen(path, "m/spatial_ref")).attributes.crs_wkt), /UTM zone 32N/);
  }));

test("places of several shapes have arrays of their own", () =>
  inFolder(async (folder) => {
    const path = join(folder, "run.zarr");
    const cells = [embedding("m", 0, [2, 2, 2]), embedding("m", 1, [2, 3, 2])];
    const written = await format.write(path, datasetOf(cells));
    assert.deepEqual(written.keys, ["embedding__m__00000", "embedding__m__00001"]);
    const file = await openZarr(path);
    assert.deepEqual((await file.read("embedding__m__00001")).shape, [2, 3, 2]);
    assert.deepEqual((await seen(path, "m/embedding_00000")).shape, [2, 2, 2]);
  }));

test("embeddings in fewer bytes keep their type", () =>
  inFolder(async (folder) => {
    const path = join(folder, "run.zarr");
    const half = ndarray("float16", { axes: ["d"], shape: [2], data: toHalf([1, -0.5]) });
    const q = ndarray("int8", { axes: ["d"], shape: [2], data: Int8Array.of(-127, 3) });
    const scale = ndarray("float32", { axes: [], shape: [], data: Float32Array.of(0.5) });
    const cells: Cell[] = [
      { ...embedding("half", 0), array: half },
      { ...embedding("q", 0), array: q },
      { ...embedding("q", 0), kind: "scale", array: scale },
    ];
    await format.write(path, datasetOf(cells, 1));
    const file = await openZarr(path);
    assert.deepEqual([...(await file.read("embeddings__half")).data], [...half.data]);
    assert.deepEqual([...(await file.read("embeddings__q")).data], [-127, 3]);
    assert.deepEqual([...(await file.read("embeddings_scale__q")).data], [0.5]);
  }));

test("equal datasets give equal bytes, whatever the order of places", () =>
  inFolder(async (folder) => {
    const cells = [0, 1, 2].flatMap((index) => [embedding("m", index), input("m", index)]);
    await format.write(join(folder, "a.zarr"), datasetOf(cells, 3));
    await format.write(join(folder, "b.zarr"), datasetOf(cells.toReversed(), 3));
    assert.deepEqual(await filesOf(join(folder, "a.zarr")), await filesOf(join(folder, "b.zarr")));
  }));

test("a disk that fills up, and a signal, leave what was there", () =>
  inFolder(async (folder) => {
    const path = join(folder, "run.zarr");
    const cells = [0, 1].map((index) => embedding("m", index));
    await format.write(path, datasetOf(cells));
    const before = await filesOf(path);
    const changed = [0, 1].map((index) => embedding("m", index, [5]));
    let failures = 0;
    for (let at = 0;; at++) {
      let operations = 0;
      const disk = watchedDisk(() => {
        if (operations++ === at) throw errno("ENOSPC");
      });
      const error = await format.write(path, datasetOf(changed), { disk })
        .then(() => null, (error) => error);
      if (error === null) break;
      failures++;
      assert(isRsembedError(error, "unavailable"), String(error));
      assert.deepEqual(await filesOf(path), before);
      assert.deepEqual(await readdir(folder), ["run.zarr"]);
    }
    assert(failures > 20, `${failures} failures`);
    assert.deepEqual(await readdir(folder), ["run.zarr"]);
    const after = await filesOf(path);
    assert.notDeepEqual(after, before);
    const reason = new Error("enough");
    for (let at = 0; at < 20; at++) {
      const controller = new AbortController();
      let count = 0;
      const disk = watchedDisk(() => {
        if (count++ === at) controller.abort(reason);
      });
      await assert.rejects(
        format.write(path, datasetOf(cells), { disk, signal: controller.signal }),
        (error) => error === reason,
      );
      assert.deepEqual(await filesOf(path), after);
    }
  }));

test("a folder that is no Zarr is not replaced, nor one that is there if it may not be", () =>
  inFolder(async (folder) => {
    const path = join(folder, "run.zarr");
    await mkdir(path);
    await writeFile(join(path, "thesis.txt"), "years of work");
    const dataset = datasetOf([embedding("m", 0)]);
    await assert.rejects(
      format.write(path, dataset),
      (error) => isRsembedError(error, "unavailable"),
    );
    assert.deepEqual(await readdir(path), ["thesis.txt"]);
    const other = join(folder, "other.zarr");
    await format.write(other, dataset);
    await assert.rejects(
      format.write(other, dataset, { overwrite: false }),
      (error) => isRsembedError(error, "exists"),
    );
  }));

test("openZarr() refuses what is missing, damaged, of others or too large", () =>
  inFolder(async (folder) => {
    const path = join(folder, "run.zarr");
    await assert.rejects(openZarr(path), (error) => isRsembedError(error, "not-found"));
    await format.write(path, datasetOf([embedding("m", 0), embedding("m", 1)]));
    const file = await openZarr(path, { maxArrayBytes: 31 });
    await assert.rejects(file.read("embeddings__m"), (error) => isRsembedError(error, "limit"));
    await assert.rejects(file.read("embeddings__n"), (error) => isRsembedError(error, "not-found"));
    const shard = join(path, "m", "embedding", "c", "0", "0");
    const whole = await readFile(shard);
    for (let at = 0; at < whole.length; at++) {
      const damaged = Uint8Array.from(whole);
      damaged[at]! ^= 0x41;
      await writeFile(shard, damaged);
      const error = await (await openZarr(path)).read("embeddings__m").then(() => null, (e) => e);
      assert(error === null || isRsembedError(error, "corrupt"), `byte ${at}: ${error}`);
    }
    await writeFile(shard, whole.subarray(0, 10));
    const short = await openZarr(path);
    await assert.rejects(short.read("embeddings__m"), (error) => isRsembedError(error, "corrupt"));
    const root = join(path, "zarr.json");
    const text = await readFile(root, "utf8");
    for (const broken of ["{", text.replaceAll('"m/embedding"', '"../../../etc/passwd"'), "[]"]) {
      await writeFile(root, broken);
      await assert.rejects(
        openZarr(path),
        (error) => isRsembedError(error, "corrupt") || isRsembedError(error, "unsupported"),
        broken.slice(0, 20),
      );
    }
  }));
