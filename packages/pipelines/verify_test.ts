import { type ExportTarget, grid, isRsembedError, pointBuffer } from "@rsembed/core";
import assert from "node:assert/strict";
import { copyFile, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { exportBatch } from "./export.ts";
import { verifyExport } from "./verify.ts";
import { temporary, test } from "../core/testdata/folders.ts";

const spatials = [9, 9.1, 9.2].map((lon) => pointBuffer({ lon, lat: 57, bufferM: 160 }));

async function exported(target: ExportTarget, format = "npz") {
  await exportBatch(
    { spatials, models: ["mosaiks"], target, output: grid(), format },
    { backend: "synthetic" },
  );
}

async function flip(path: string, at: number) {
  const bytes = new Uint8Array(await readFile(path));
  bytes.at(at);
  bytes[at < 0 ? bytes.length + at : at]! ^= 0xff;
  await writeFile(path, bytes);
}

test("verifyExport() finds whole exports whole, in every format and layout", async () => {
  const dir = await temporary("verify");
  for (
    const [format, file] of [["npz", "a.npz"], ["netcdf", "b.nc"], ["zarr", "c.zarr"]] as const
  ) {
    await exported({ layout: "combined", path: join(dir, file) }, format);
    const { ok, valueCount, checksumCount, problems } = await verifyExport(join(dir, file));
    assert.deepEqual([ok, valueCount, problems], [true, 6, []]);
    assert.equal(checksumCount, format === "zarr" ? 0 : 1);
  }
  for (const format of ["npz", "netcdf", "zarr", "geotiff"]) {
    const items = join(dir, format);
    await exported({ layout: "per_item", dir: items, names: null }, format);
    const { ok, valueCount, checksumCount, problems } = await verifyExport(items);
    assert.deepEqual([ok, valueCount, checksumCount, problems], [true, 6, 6, []], format);
  }
});

test("verifyExport() tells a file that is damaged or missing", async () => {
  const dir = await temporary("verify");
  const path = join(dir, "run.nc");
  await exported({ layout: "combined", path }, "netcdf");
  await flip(path, -1);
  const flipped = await verifyExport(path);
  assert.equal(flipped.ok, false);
  assert.match(flipped.problems[0]!, /SHA-256/);

  const items = join(dir, "items");
  await exported({ layout: "per_item", dir: items, names: null });
  const manifest = join(items, "p00001.json");
  const text = await readFile(manifest, "utf8");
  await writeFile(manifest, text.replace(/"sha1": "./, '"sha1": "x'));
  const other = await verifyExport(items);
  assert.deepEqual([other.ok, other.problemCount], [false, 1]);
  assert.match(other.problems[0]!, /p00001\.npz.*checksum/);
  await rm(join(items, "p00002.npz"));
  const lost = await verifyExport(items);
  assert(lost.problems.some((problem) => /p00002\.npz/.test(problem)), `${lost.problems}`);
  await assert.rejects(
    verifyExport(join(dir, "none.npz")),
    (error) => isRsembedError(error, "not-found"),
  );
});

test("verifyExport() reads no file that a manifest names outside of its folder", async () => {
  const dir = await temporary("verify");
  const path = join(dir, "inside", "run.npz");
  await exported({ layout: "combined", path });
  await copyFile(path, join(dir, "outside.npz"));
  const manifest = join(dir, "inside", "run.json");
  const text = await readFile(manifest, "utf8");
  const led = text.replace(/"npz_path": "[^"]*"/, '"npz_path": "../outside.npz"');
  assert.notEqual(led, text);
  await writeFile(manifest, led);
  const { ok, checksumCount, problems } = await verifyExport(path);
  assert.deepEqual([ok, checksumCount], [false, 0]);
  assert.match(problems[0]!, /^outside\.npz: .*ENOENT/);
});
