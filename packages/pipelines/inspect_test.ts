import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { dateRange, pointBuffer } from "@rsembed/core";
import { inspectGeePatch, inspectProviderPatch } from "./inspect.ts";

const request = {
  spatial: pointBuffer({ lon: 9.845, lat: 57.227, bufferM: 160 }),
  temporal: dateRange("2022-06-01", "2022-07-01"),
  sensor: {
    collection: "COPERNICUS/S2_SR_HARMONIZED",
    bands: ["B4", "B3", "B2"],
    cloudyPct: 60,
  },
};

test("inspectProviderPatch() looks at each scene of a composite, and draws it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rsembed-inspect-"));
  try {
    const asked = { ...request, saveDir: folder, name: "look", eachScene: true };
    const { scenes, patch } = await inspectProviderPatch(asked, { backend: "synthetic" });
    assert.equal(scenes!.length, new Set(patch.provenance.items.map((i) => i.datetime)).size);
    assert(scenes!.length > 1);
    for (const { valid_frac, band_mean, ids } of scenes!) {
      assert.equal(valid_frac, 1);
      assert.equal(band_mean.length, 3);
      assert(ids.length >= 1);
    }
    // scenes of different days differ
    assert.equal(new Set(scenes!.map(({ band_mean }) => band_mean[0])).size, scenes!.length);
    const names = (await readdir(folder)).sort();
    assert.equal(names.length, 1 + scenes!.length);
    assert.equal(names[0], "look.png");
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("inspectProviderPatch() leaves scenes alone unless asked", async () => {
  const { scenes } = await inspectProviderPatch(request, { backend: "synthetic" });
  assert.equal(scenes, null);
});

test("inspectGeePatch() asks Earth Engine", async () => {
  // an address where nobody answers: the question itself is what counts
  await assert.rejects(
    inspectGeePatch(request, { settings: { accessToken: "x", project: "not a project" } }),
    /as project "not a project"/,
  );
});
