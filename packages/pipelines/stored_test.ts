import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import {
  calendarYear,
  grid,
  type ImageryRequest,
  isRsembedError,
  ndarray,
  northUpGrid,
  type Patch,
  pointBuffer,
} from "@rsembed/core";
import { productsCard, type ProviderCatalog, providers as all } from "@rsembed/providers";
import { getEmbedding } from "./embed.ts";
import { exportBatch } from "./export.ts";
import { loadExport } from "./load.ts";

/** Products whose dimension k has the value k + x, the first pixel missing. */
function fetch({ sensor, frames }: ImageryRequest): Promise<Patch> {
  const [height, width] = [2, 3];
  const pixels = ndarray("float32", {
    axes: ["t", "band", "y", "x"],
    shape: [1, sensor.bands.length, height, width],
  });
  pixels.data.forEach((_, i) => pixels.data[i] = Math.floor(i / 6) + i % 3);
  const valid = ndarray("uint8", { axes: ["t", "y", "x"], shape: [1, height, width] });
  valid.data.fill(1, 1);
  return Promise.resolve({
    pixels,
    bands: sensor.bands,
    times: frames,
    grid: northUpGrid({ crs: "EPSG:32632", west: 0, north: 20, pixelSize: 10, width, height }),
    valid,
    provenance: {
      provider: "products",
      source: sensor.collection,
      items: [],
      notes: { year: 2021 },
    },
  });
}

const providers: ProviderCatalog = {
  ...all,
  products: {
    card: productsCard,
    load: () => Promise.resolve(() => ({ name: "products", fetch })),
  },
};
const spatial = pointBuffer({ lon: 9, lat: 57, bufferM: 20 });

test("getEmbedding() reads stored embeddings without a session", async () => {
  const request = { spatial, temporal: calendarYear(2021) };
  const pooled = await getEmbedding("gse", request, { providers });
  assert.deepEqual(pooled.data.shape, [64]);
  // 1, 2, 0, 1, 2 are left of 0, 1, 2, 0, 1, 2
  assert(Math.abs(pooled.data.data[10]! - 11.2) < 1e-5);
  assert.equal(pooled.meta.type, "precomputed");
  assert.equal(pooled.meta["year"], 2021);
  assert.equal(pooled.meta["device"], "none");
  const cells = await getEmbedding("alphaearth", { ...request, output: grid() }, { providers });
  assert.deepEqual(cells.data.shape, [64, 2, 3]);
  assert.deepEqual([...cells.data.data.subarray(0, 3)], [NaN, 1, 2]);
  assert.equal(cells.meta["grid_crs"], "EPSG:32632");
});

test("getEmbedding() refuses a year that a product does not have", async () => {
  await assert.rejects(
    getEmbedding("tessera", { spatial, temporal: calendarYear(2012) }, { providers }),
    (e) => isRsembedError(e, "spec") && /2017 to 2025/.test(e.message),
  );
});

test("exportBatch() writes stored embeddings beside those of models that run", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rsembed-stored-"));
  try {
    const path = join(folder, "mixed.npz");
    const report = await exportBatch({
      spatials: [spatial, pointBuffer({ lon: 9.1, lat: 57, bufferM: 80 })],
      temporal: calendarYear(2021),
      models: ["gse", "mosaiks?features=8"],
      target: { layout: "combined", path },
      saveInputs: false,
    }, { backend: "synthetic", providers });
    assert.equal(report.status, "ok");
    const loaded = await loadExport(path);
    await loaded[Symbol.asyncDispose]();
    assert.deepEqual(Object.keys(loaded.models), ["gse", "mosaiks"]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
