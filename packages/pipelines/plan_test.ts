import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { isRsembedError, pointBuffer, type Spatial } from "@rsembed/core";
import { loadExport } from "./load.ts";
import { exportBatch } from "./export.ts";
import { planExport } from "./plan.ts";

const spatials = Array.from(
  { length: 5 },
  (_, i) => pointBuffer({ lon: 9 + i, lat: 57, bufferM: 160 }),
);
const options = { backend: "synthetic" };

test("planExport() reckons what the export then writes, and writes nothing itself", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rsembed-plan-"));
  try {
    const request = {
      spatials,
      models: ["mosaiks?features=16"],
      target: { layout: "combined", path: join(folder, "x.npz"), names: null },
      saveInputs: true,
    } as const;
    const plan = await planExport(request, options);
    assert.deepEqual(await readdir(folder), []);
    assert.equal(plan.places, 5);
    assert.equal(plan.backend, "synthetic");
    assert.equal(plan.fetchesPerPlace, 1);
    assert.equal(plan.framesPerPlace, 1);
    assert.equal(plan.imageryBytesPerPlace, 4 * 4 * 32 * 32);
    assert.equal(plan.diskBytes, 5 * (16 * 4 + 4 * 4 * 32 * 32));
    assert(plan.estimatedS! > 0 && plan.fetchS > 0 && plan.inferS > 0);
    assert.equal(plan.sampled, 3);
    await exportBatch(request, options);
    const loaded = await loadExport(join(folder, "x.npz"));
    await loaded[Symbol.asyncDispose]();
    assert.equal(loaded.itemCount, 5);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("planExport() knows no totals of a stream, and skips places that fail", async () => {
  async function* stream(): AsyncGenerator<Spatial> {
    yield* spatials;
  }
  const target = { layout: "combined", path: "x.npz", names: null } as const;
  const plan = await planExport({ spatials: stream(), models: ["mosaiks"], target }, options);
  assert.deepEqual([plan.places, plan.diskBytes, plan.estimatedS], [null, null, null]);
  await assert.rejects(
    planExport({ spatials, models: ["mosaiks"], target, saveInputs: false }, {
      ...options,
      fetch: { cloudMask: true },
    }),
    (e) => isRsembedError(e, "unsupported"),
  );
});
