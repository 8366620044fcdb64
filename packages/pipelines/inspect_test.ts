import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { dateRange, ndarray, northUpGrid, pointBuffer } from "@rsembed/core";
import type { Provider } from "@rsembed/providers";
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

test("inspectProviderPatch() takes the tiles of one pass together, and a few passes at once", async () => {
  const times = [
    "10:30:00.100",
    "10:30:00.700",
    "10:40:00.000",
    ...[1, 2, 3, 4].map((i) => `1${i}:50:00.000`),
  ]
    .map((time) => `2022-06-10T${time}Z`);
  const asked: number[] = [];
  const mine: Provider = {
    name: "mine",
    fetch({ sensor, frames }) {
      asked.push(frames.length);
      const pixels = ndarray("float32", {
        axes: ["t", "band", "y", "x"],
        shape: [frames.length, sensor.bands.length, 1, 2],
      });
      const valid = ndarray("uint8", { axes: ["t", "y", "x"], shape: [frames.length, 1, 2] });
      valid.data.fill(1);
      return Promise.resolve({
        pixels,
        bands: sensor.bands,
        times: frames,
        grid: northUpGrid({
          crs: "EPSG:32632",
          west: 0,
          north: 0,
          pixelSize: 10,
          width: 2,
          height: 1,
        }),
        valid,
        provenance: {
          provider: "mine",
          source: "x",
          items: times.map((datetime, i) => ({ id: `s${i}`, datetime })),
          notes: {},
        },
      });
    },
  };
  const { scenes } = await inspectProviderPatch({ ...request, eachScene: true }, {
    backend: "mine",
    providers: {
      mine: {
        card: { id: "mine", title: "", summary: "", network: false, account: false },
        load: () => Promise.resolve(() => mine),
      },
    },
  });
  assert.deepEqual(scenes!.map(({ ids }) => ids.join()), ["s0,s1", "s2", "s3", "s4", "s5", "s6"]);
  assert.deepEqual(asked, [1, 4, 2]);
});

test("inspectGeePatch() asks Earth Engine", async () => {
  // an address where nobody answers: the question itself is what counts
  await assert.rejects(
    inspectGeePatch(request, { settings: { accessToken: "x", project: "not a project" } }),
    /as project "not a project"/,
  );
});
