import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { dateRange, isRsembedError, pointBuffer } from "@rsembed/core";
import { inspectModelInput } from "./inspect_model.ts";

const spatial = pointBuffer({ lon: 9.845, lat: 57.227, bufferM: 160 });
const options = { backend: "synthetic" };

test("inspectModelInput() reports on each frame that a model would see", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rsembed-input-"));
  try {
    // passes are five days apart: months of two days are often empty
    const temporal = dateRange("2022-06-01", "2022-06-13");
    const seen = await inspectModelInput("galileo?n_frames=6", {
      spatial,
      temporal,
      saveDir: folder,
    }, { ...options, fetch: { cloudyPct: null } });
    assert.equal(seen.model, "galileo");
    assert.equal(seen.n_frames, 6);
    assert(seen.n_empty >= 1 && seen.n_empty < 6, `${seen.n_empty}`);
    assert.deepEqual(seen.frames.map(({ index }) => index), [0, 1, 2, 3, 4, 5]);
    assert.equal(seen.frames[0]!.start, "2022-06-01");
    assert.equal(seen.frames[5]!.end, "2022-06-13");
    for (const { empty, report } of seen.frames) {
      assert.equal(report === null, empty);
      if (report) assert.deepEqual(report.shape, [10, 32, 32]);
    }
    assert.equal((await readdir(folder)).length, 6 - seen.n_empty);
    assert.equal(seen.artifacts!.quicklooks.length, 6 - seen.n_empty);
    assert.deepEqual(seen.sensor["bands"], seen.patch.bands);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("inspectModelInput() is not ok with suspicious values, and refuses stored embeddings", async () => {
  const { ok, frames } = await inspectModelInput(
    "mosaiks",
    { spatial, valueRange: [0, 1] },
    options,
  );
  assert.equal(ok, false);
  assert(frames[0]!.report!.issues.length > 0);
  await assert.rejects(
    inspectModelInput("gse", { spatial }, options),
    (e) => isRsembedError(e, "unsupported"),
  );
});
