import assert from "node:assert/strict";
import test from "node:test";
import {
  calendarYear,
  grid,
  isRsembedError,
  pointBuffer,
  pooled,
  RsembedError,
} from "@rsembed/core";
import { providers as catalog } from "@rsembed/providers";
import { pickyEmbedders, type Watch, watchedProviders } from "./_fixtures.ts";
import { getEmbedding, getEmbeddingsBatch } from "./embed.ts";
import { openRuntime } from "./runtime.ts";

const backend = "synthetic";
const place = (lon: number, lat = 57) => pointBuffer({ lon, lat, bufferM: 160 });
const places = Array.from({ length: 7 }, (_, i) => ({ spatial: place(9 + i / 10) }));
const watch = (): Watch => ({ calls: 0, running: 0, peak: 0 });

test("getEmbedding() gives a float32 vector with the stable metadata", async () => {
  const { data, meta, grid } = await getEmbedding("mosaiks", { spatial: place(9) }, { backend });
  assert.equal(data.shape.length, 1);
  assert.ok(data.data instanceof Float32Array && data.data.every(Number.isFinite));
  assert.equal(grid, null);
  for (const key of ["model", "type", "backend", "source", "sensor", "temporal", "image_size"]) {
    assert.ok(key in meta, key);
  }
  assert.equal(meta.model, "mosaiks");
  assert.deepEqual(meta.temporal, {
    mode: "range",
    year: null,
    start: "2022-06-01",
    end: "2022-09-01",
  });
});

test("getEmbedding() gives a grid with its true geometry", async () => {
  const { data, grid: cells } = await getEmbedding(
    "mosaiks",
    { spatial: place(9), output: grid() },
    { backend },
  );
  const [d, h, w] = data.shape;
  assert.ok(d && h && w && cells);
  assert.deepEqual([cells.height, cells.width], [h, w]);
  assert.equal(cells.crs, "EPSG:32632");
  // the cells lie over the ground of the patch: 320 m a side
  assert.ok(Math.abs(cells.transform[0] * w) <= 320 + 1e-6);
});

test("getEmbeddingsBatch() gives the numbers of getEmbedding(), whatever the batch size", async () => {
  const singly = [];
  for (const request of places) {
    singly.push((await getEmbedding("mosaiks", request, { backend })).data.data);
  }
  for (const batchSize of [1, 3, 16]) {
    let index = 0;
    for await (const result of getEmbeddingsBatch("mosaiks", places, { backend, batchSize })) {
      assert.ok(result.ok);
      assert.equal(result.index, index);
      assert.deepEqual(result.embedding.data.data, singly[index++], `batch of ${batchSize}`);
    }
    assert.equal(index, places.length);
  }
});

test("getEmbeddingsBatch() makes a failing place a value and goes on", async () => {
  const providers = watchedProviders(
    watch(),
    (spatial) =>
      spatial.kind === "point" && spatial.lon === 9.2
        ? new RsembedError("no-data", "Cannot find imagery", { facts: { source: "watched" } })
        : null,
  );
  const seen = [];
  for await (
    const result of getEmbeddingsBatch("mosaiks", places, { backend: "watched", providers })
  ) {
    seen.push(result.ok ? "ok" : isRsembedError(result.error) ? result.error.code : "?");
  }
  assert.deepEqual(seen, ["ok", "ok", "no-data", "ok", "ok", "ok", "ok"]);
});

test("getEmbeddingsBatch() isolates a patch that the model refuses", async () => {
  let seen = 0;
  const embedders = pickyEmbedders(() => seen++ === 1);
  const oks = [];
  for await (const result of getEmbeddingsBatch("picky", places, { backend, embedders })) {
    oks.push(result.ok);
  }
  assert.deepEqual(oks, [true, false, true, true, true, true, true]);
});

test("getEmbeddingsBatch() pulls requests as results are taken", async () => {
  let pulled = 0;
  function* endless() {
    while (true) {
      pulled++;
      yield { spatial: place(9) };
    }
  }
  let taken = 0;
  for await (
    const result of getEmbeddingsBatch("mosaiks", endless(), {
      backend,
      batchSize: 2,
      numWorkers: 2,
    })
  ) {
    assert.ok(result.ok);
    if (++taken === 6) break;
  }
  assert.ok(pulled <= 6 + 3 * 2 + 2, `${pulled} requests were pulled for ${taken} results`);
});

test("getEmbeddingsBatch() keeps no more fetches in flight than asked", async () => {
  const seen = watch();
  const providers = watchedProviders(seen);
  const results = getEmbeddingsBatch("mosaiks", places, {
    backend: "watched",
    providers,
    numWorkers: 3,
  });
  for await (const result of results) assert.ok(result.ok);
  assert.equal(seen.calls, places.length);
  assert.ok(seen.peak <= 3);
});

test("getEmbedding() retries what may pass", async () => {
  const seen = watch();
  const providers = watchedProviders(
    seen,
    (_, call) =>
      call < 2
        ? new RsembedError("unavailable", "Cannot reach it", { facts: { resource: "watched" } })
        : null,
  );
  const options = { backend: "watched", providers };
  await assert.rejects(getEmbedding("mosaiks", places[0]!, options), /Cannot reach it/);
  for await (
    const result of getEmbeddingsBatch("mosaiks", places.slice(0, 1), { ...options, maxRetries: 1 })
  ) {
    assert.ok(result.ok);
  }
});

test("getEmbedding() rejects with the reason of its signal", async () => {
  const reason = new Error("enough");
  await assert.rejects(
    getEmbedding("mosaiks", places[0]!, { backend, signal: AbortSignal.abort(reason) }),
    (error) => error === reason,
  );
  const controller = new AbortController();
  const providers = watchedProviders(watch(), () => {
    controller.abort(reason);
    return null;
  });
  await assert.rejects(
    getEmbedding("mosaiks", places[0]!, {
      backend: "watched",
      providers,
      signal: controller.signal,
    }),
    (error) => error === reason,
  );
});

test("getEmbedding() refuses bad requests with typed errors", async () => {
  const refused = (code: "spec" | "not-found", model: string, options = {}, request = {}) =>
    assert.rejects(
      getEmbedding(model, { spatial: place(9), ...request }, { backend, ...options }),
      (error) => isRsembedError(error, code),
    );
  await refused("not-found", "galilo");
  await refused("not-found", "mosaiks?variant=huge");
  await refused("not-found", "mosaiks?colour=red");
  await refused("not-found", "mosaiks", { backend: "sythetic" });
  const { synthetic } = catalog;
  await refused("spec", "mosaiks", { backend: "auto", providers: { synthetic: synthetic! } });
  await refused("spec", "mosaiks", {}, {
    spatial: { kind: "point", lon: 200, lat: 0, bufferM: 10 },
  });
  await refused("spec", "mosaiks", {}, {
    temporal: { mode: "range", start: "2022-02-01", end: "2022-01-01" },
  });
  await refused("spec", "mosaiks", {}, { output: { mode: "pooled", pooling: "median" } });
});

test("getEmbedding() with a year asks for that year", async () => {
  const request = { spatial: place(9), temporal: calendarYear(2021), output: pooled("max") };
  const { meta } = await getEmbedding("mosaiks", request, { backend });
  assert.deepEqual(meta.temporal, {
    mode: "year",
    year: 2021,
    start: "2021-01-01",
    end: "2022-01-01",
  });
  assert.equal(meta["pooling"], "max");
});

test("openRuntime() keeps few sessions open and closes them when it is disposed", async () => {
  const runtime = openRuntime({ device: "cpu", maxSessions: 2 });
  for (const bufferM of [160, 240, 320]) {
    const spatial = pointBuffer({ lon: 9, lat: 57, bufferM });
    await getEmbedding("mosaiks", { spatial }, { backend, runtime });
  }
  assert.equal(await runtime.reset(), 2);
  assert.equal(await runtime.reset(), 0);
});
