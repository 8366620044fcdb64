import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { pointBuffer } from "@rsembed/core";
import { exportBatch } from "./export.ts";
import { loadExport } from "./load.ts";

test("exports of one stem keep a manifest each, and find it again", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rsembed-stem-"));
  try {
    const run = (format: string, name: string, features: number, resume = false) =>
      exportBatch({
        spatials: [9, 9.1].map((lon) => pointBuffer({ lon, lat: 57, bufferM: 80 })),
        models: [`mosaiks?features=${features}`],
        target: { layout: "combined", path: join(folder, name), names: null },
        format,
        saveInputs: false,
        resume,
      }, { backend: "synthetic" });
    await run("npz", "x.npz", 8);
    await run("geoparquet", "x.parquet", 16);
    assert.deepEqual((await readdir(folder)).sort(), [
      "x.json",
      "x.npz",
      "x.parquet",
      "x.parquet.json",
    ]);
    const dims = async (name: string) => {
      const loaded = await loadExport(join(folder, name));
      await loaded[Symbol.asyncDispose]();
      return [Object.keys(loaded.models), loaded.manifest["data_file"]];
    };
    for (const name of ["x.npz", "x.json"]) {
      assert.deepEqual(await dims(name), [["mosaiks"], "x.npz"]);
    }
    for (const name of ["x.parquet", "x.parquet.json"]) {
      assert.deepEqual(await dims(name), [["mosaiks"], "x.parquet"]);
    }
    // each is found finished by its own
    assert.equal((await run("npz", "x.npz", 8, true)).skippedCount, 2);
    assert.equal((await run("geoparquet", "x.parquet", 16, true)).skippedCount, 2);
    // and replaced by its own
    await run("npz", "x.npz", 24);
    assert.equal((await readdir(folder)).length, 4);
    // commas are no end of a name
    await run("npz", "a,b.npz", 8);
    await run("geoparquet", "a,b.parquet", 16);
    assert.deepEqual(await dims("a,b.npz"), [["mosaiks"], "a,b.npz"]);
    assert.deepEqual(await dims("a,b.parquet"), [["mosaiks"], "a,b.parquet"]);
    await rm(join(folder, "a,b.parquet.json"));
    await assert.rejects(loadExport(join(folder, "a,b.parquet")), /manifest/);
    // a manifest whose file is gone is nobody's
    await rm(join(folder, "x.npz"));
    await rm(join(folder, "x.parquet.json"));
    await run("zarr", "x.zarr", 8);
    assert((await readdir(folder)).includes("x.json"));
    assert.deepEqual(await dims("x.zarr"), [["mosaiks"], "x.zarr"]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
