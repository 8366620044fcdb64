import assert from "node:assert/strict";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type ExportTarget,
  grid,
  isRsembedError,
  pointBuffer,
  type Progress,
  RsembedError,
} from "@rsembed/core";
import { pickyEmbedders, type Watch, watchedProviders } from "./_fixtures.ts";
import { getEmbedding } from "./embed.ts";
import { exportBatch, exportNpz } from "./export.ts";
import { loadExport } from "./load.ts";
import { temporary, test } from "../core/testdata/folders.ts";

const backend = "synthetic";
const spatials = Array.from(
  { length: 5 },
  (_, i) => pointBuffer({ lon: 9 + i / 10, lat: 57, bufferM: 160 }),
);
const watch = (): Watch => ({ calls: 0, running: 0, peak: 0 });
const noImagery = () =>
  new RsembedError("no-data", "Cannot find imagery", { facts: { source: "x" } });

async function targets(): Promise<ExportTarget[]> {
  const dir = await temporary("export");
  return [
    { layout: "combined", path: join(dir, "run.npz") },
    { layout: "per_item", dir: join(dir, "items"), names: null },
  ];
}

const pathOf = (target: ExportTarget) => target.layout === "combined" ? target.path : target.dir;

test("exportBatch() writes what getEmbedding() gives, in both layouts, and loadExport() reads it", async () => {
  const singly = [];
  for (const spatial of spatials) {
    singly.push(await getEmbedding("mosaiks", { spatial, output: grid() }, { backend }));
  }
  for (const target of await targets()) {
    const report = await exportBatch(
      { spatials, models: ["mosaiks"], target, output: grid(), chunkSize: 2 },
      { backend },
    );
    assert.deepEqual([report.status, report.itemCount, report.okCount], ["ok", 5, 5]);
    const run = await loadExport(pathOf(target));
    const model = run.models["mosaiks"]!;
    const embeddings = await model.embeddings();
    assert.deepEqual(embeddings?.shape, [5, ...singly[0]!.data.shape]);
    singly.forEach(({ data, meta }, i) => {
      const size = data.data.length;
      assert.deepEqual(embeddings!.data.slice(i * size, (i + 1) * size), data.data);
      assert.deepEqual(model.meta[i], JSON.parse(JSON.stringify(meta)));
    });
    assert.deepEqual(run.spatials, spatials);
    assert.equal((await model.inputs())?.shape[0], 5);
    await run[Symbol.asyncDispose]();
  }
});

test("exportBatch() records failing places with continueOnError, and keeps the others", async () => {
  for (const target of await targets()) {
    const providers = watchedProviders(
      watch(),
      (place) => place.kind === "point" && place.lon === 9.1 ? noImagery() : null,
    );
    const report = await exportBatch(
      { spatials, models: ["mosaiks"], target, continueOnError: true },
      { backend: "watched", providers },
    );
    assert.deepEqual([report.status, report.okCount, report.failureCount], ["partial", 4, 1]);
    assert.match(report.failures[0]!.message, /no-data/);
    const run = await loadExport(pathOf(target));
    assert.equal(run.status, "partial");
    const model = run.models["mosaiks"]!;
    const embeddings = (await model.embeddings())!;
    const d = embeddings.shape[1]!;
    const nan = spatials.map((_, i) =>
      embeddings.data.subarray(i * d, (i + 1) * d).every(Number.isNaN)
    );
    assert.deepEqual(nan, [false, true, false, false, false]);
    assert.equal(model.meta[1], null);
    await run[Symbol.asyncDispose]();
  }
});

test("exportBatch() ends at the first error without continueOnError, and leaves no half-written file", async () => {
  for (const target of await targets()) {
    const providers = watchedProviders(watch(), (_, call) => call === 3 ? noImagery() : null);
    await assert.rejects(
      exportBatch(
        { spatials, models: ["mosaiks"], target, chunkSize: 2, numWorkers: 1 },
        { backend: "watched", providers },
      ),
      /Cannot find imagery/,
    );
    const dir = target.layout === "combined" ? join(target.path, "..") : target.dir;
    for (const name of await readdir(dir)) {
      assert.match(name, /^p0000\d\.(npz|json)$|^\.run\.npz\.rsembed$|^\.rsembed$/);
    }
  }
});

test("exportBatch() runs several models on shared imagery, and marks each one's failures", async () => {
  for (const target of await targets()) {
    const seen = watch();
    const report = await exportBatch(
      { spatials, models: ["mosaiks", "picky"], target, continueOnError: true, inferBatchSize: 2 },
      {
        backend: "watched",
        providers: watchedProviders(seen),
        embedders: pickyEmbedders((patch) => patch.grid.transform[2] % 4 === 0),
      },
    );
    assert.equal(seen.calls, spatials.length, "one fetch a place for both models");
    const run = await loadExport(pathOf(target));
    assert.equal(run.models["mosaiks"]!.status, "ok");
    const shared = await run.models["picky"]!.inputs();
    assert.deepEqual(shared?.data, (await run.models["mosaiks"]!.inputs())?.data);
    assert.equal(report.itemCount, spatials.length);
    await run[Symbol.asyncDispose]();
  }
});

test("exportBatch() takes places of unknown number, at most a few chunks ahead", async () => {
  let pulled = 0;
  async function* endless() {
    while (true) {
      pulled++;
      yield await Promise.resolve(spatials[0]!);
    }
  }
  const controller = new AbortController();
  const reason = new Error("enough");
  let written = 0;
  const onProgress = (progress: Progress) => {
    if (progress.stage === "write" && (written = progress.done) >= 20) controller.abort(reason);
  };
  const path = join(await temporary("export"), "run.npz");
  await assert.rejects(
    exportBatch(
      {
        spatials: endless(),
        models: ["mosaiks"],
        target: { layout: "combined", path },
        chunkSize: 4,
        numWorkers: 2,
      },
      { backend, signal: controller.signal, onProgress },
    ),
    (error) => error === reason,
  );
  assert.ok(pulled <= written + 6 * 4 + 2, `${pulled} places were pulled, ${written} written`);
  assert.deepEqual(await readdir(join(path, "..")), [".run.npz.rsembed"]);
});

test("exportBatch() refuses bad requests before any work", async () => {
  const dir = await temporary("export");
  const seen = watch();
  const target: ExportTarget = { layout: "combined", path: join(dir, "run.npz") };
  const request = { spatials, models: ["mosaiks"], target };
  const refused = (code: "spec" | "not-found" | "unsupported", change: object) =>
    assert.rejects(
      exportBatch({ ...request, ...change }, {
        backend: "watched",
        providers: watchedProviders(seen),
      }),
      (error) => isRsembedError(error, code),
      JSON.stringify(change),
    );
  const items = (names: string[]) => ({
    target: { layout: "per_item", dir: join(dir, "x"), names },
  });
  await refused("spec", { spatials: [] });
  await refused("spec", { models: [] });
  await refused("spec", { models: ["mosaiks", "mosaiks"] });
  await refused("not-found", { models: ["mosaik"] });
  await refused("not-found", { format: "npx" });
  await refused("spec", { chunkSize: 0 });
  await refused("spec", { saveInputs: false, saveEmbeddings: false });
  await refused("spec", items(["a"]));
  await refused("spec", items(["a", "b", "c", "d", "A"]));
  await refused("spec", items(["a", "b", "c", "d", "../e"]));
  await refused("spec", items(["a", "b", "c", "d", "e/f"]));
  await refused("spec", { temporal: { mode: "range", start: "2022-01-01", end: "2022-01-01" } });
  assert.equal(seen.calls, 0);
  assert.deepEqual(await readdir(dir), []);
});

test("exportBatch() says which folder cannot be made", async () => {
  const dir = await temporary("export");
  await writeFile(join(dir, "file"), "");
  const target: ExportTarget = { layout: "per_item", dir: join(dir, "file", "items"), names: null };
  await assert.rejects(
    exportBatch({ spatials, models: ["mosaiks"], target }, { backend }),
    (error) => isRsembedError(error, "unavailable") && error.message.includes(join(dir, "file")),
  );
});

test("exportBatch() with failOnBadInput refuses suspicious imagery", async () => {
  const path = join(await temporary("export"), "run.npz");
  await assert.rejects(
    exportBatch(
      {
        // one pixel has no spread: its bands are constant
        spatials: [pointBuffer({ lon: 9, lat: 57, bufferM: 5 })],
        models: ["mosaiks"],
        target: { layout: "combined", path },
        failOnBadInput: true,
      },
      { backend },
    ),
    (error) => isRsembedError(error, "no-data"),
  );
});

test("exportBatch() can save inputs or embeddings alone", async () => {
  const dir = await temporary("export");
  const inputsOnly = join(dir, "inputs.npz");
  await exportBatch(
    {
      spatials,
      models: ["mosaiks"],
      target: { layout: "combined", path: inputsOnly },
      saveEmbeddings: false,
    },
    { backend },
  );
  const run = await loadExport(inputsOnly);
  assert.equal(await run.models["mosaiks"]!.embeddings(), null);
  assert.equal((await run.models["mosaiks"]!.inputs())?.shape[0], 5);
  await run[Symbol.asyncDispose]();
});

test("the manifest is strict JSON with movable paths and plain timestamps", async () => {
  const dir = await temporary("export");
  await mkdir(join(dir, "a"));
  const path = join(dir, "a", "run.npz");
  const report = await exportNpz(path.replace(/\.npz$/, ""), {
    spatial: spatials[0]!,
    models: ["mosaiks"],
  }, { backend });
  assert.equal(report.path, path);
  const manifest = JSON.parse(await readFile(join(dir, "a", "run.json"), "utf8"));
  assert.equal(manifest.npz_path, "run.npz");
  assert.match(manifest.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.match(manifest.request_fingerprint, /^[0-9a-f]{64}$/);
  assert.deepEqual(manifest.npz_keys, ["embeddings__mosaiks", "inputs_bchw__mosaiks"]);
  assert.equal(manifest.temporal.year, null);
});

test("exportBatch() is byte for byte the same when run again", async () => {
  const dir = await temporary("export");
  const files = [];
  for (const name of ["a.npz", "b.npz"]) {
    const target: ExportTarget = { layout: "combined", path: join(dir, name) };
    await exportBatch({
      spatials,
      models: ["mosaiks"],
      target,
      numWorkers: name === "a.npz" ? 1 : 4,
    }, { backend });
    files.push(await readFile(join(dir, name)));
  }
  assert.deepEqual(files[0], files[1]);
});

test("a combined export keeps the names of its places, in files that hold them", async () => {
  const dir = await temporary("export");
  const names = ["north", "south", "east", "west", "centre"];
  const path = join(dir, "run.parquet");
  const target: ExportTarget = { layout: "combined", path, names };
  await exportBatch({ spatials, models: ["mosaiks"], target, format: "geoparquet" }, { backend });
  const manifest = JSON.parse(await readFile(join(dir, "run.json"), "utf8"));
  assert.deepEqual(manifest.names, names);
  const bytes = await readFile(path);
  const { parquetMetadata, parquetReadObjects } = await import("hyparquet");
  const { compressors } = await import("hyparquet-compressors");
  const file = new Uint8Array(bytes).buffer;
  const rows = await parquetReadObjects({ file, metadata: parquetMetadata(file), compressors });
  assert.deepEqual(rows.map(({ place }) => place), names);
  const again = { spatials, models: ["mosaiks"], format: "geoparquet", resume: true };
  const same = await exportBatch({ ...again, target }, { backend });
  assert.equal(same.skippedCount, 5);
  await assert.rejects(
    exportBatch({ ...again, target: { ...target, names: ["one"] } }, { backend }),
    (error) => isRsembedError(error, "spec"),
  );
});
