import assert from "node:assert/strict";
import { test } from "node:test";
import { isRsembedError, ndarray, northUpGrid, type Patch, resolveModel } from "@rsembed/core";
import { embedders } from "../catalog.ts";

const stored = Object.values(embedders).filter(({ card }) => card.type === "precomputed");

/** Two pixels; the second is missing. */
function patchOf(bands: readonly string[]): Patch {
  const pixels = ndarray("float32", {
    axes: ["t", "band", "y", "x"],
    shape: [1, bands.length, 1, 3],
  });
  pixels.data.forEach((_, i) => pixels.data[i] = i % 3 === 1 ? -9 : i);
  const valid = ndarray("uint8", { axes: ["t", "y", "x"], shape: [1, 1, 3] });
  valid.data.set([1, 0, 1]);
  return {
    pixels,
    bands,
    times: [null],
    grid: northUpGrid({ crs: "EPSG:32632", west: 0, north: 0, pixelSize: 10, width: 3, height: 1 }),
    valid,
    provenance: {
      provider: "products",
      source: "x",
      items: [],
      notes: { year: 2021, dataset: "v1" },
    },
  };
}

test("there are three products", () => {
  assert.deepEqual(stored.map(({ card }) => card.id).sort(), ["copernicus", "gse", "tessera"]);
});

for (const { card, load } of stored) {
  test(`${card.id} gives what is stored, and never counts missing pixels`, async () => {
    const { embedder: open } = await load();
    const embedder = open(resolveModel(card, { name: card.id }));
    const { bands } = embedder.model.sensor;
    const { dim } = card.variants[card.defaultVariant]!;
    assert.equal(bands.length, dim);
    const patch = patchOf(bands);
    const tensors = embedder.prepare(patch);
    const grid = embedder.readout(tensors, { mode: "grid", orientation: "north_up" });
    assert.deepEqual(grid.shape, [dim, 1, 3]);
    assert.deepEqual([...grid.data.subarray(3, 6)], [3, NaN, 5]);
    const mean = embedder.readout(tensors, { mode: "pooled", pooling: "mean" });
    assert.deepEqual([...mean.data.subarray(0, 3)], [1, 4, 7]);
    const most = embedder.readout(tensors, { mode: "pooled", pooling: "max" });
    assert.deepEqual([...most.data.subarray(0, 3)], [2, 5, 8]);
    assert.deepEqual(embedder.meta(patch, { mode: "pooled", pooling: "mean" }), {
      year: 2021,
      dataset: "v1",
    });
    patch.valid.data.fill(0);
    assert.throws(
      () => embedder.readout(embedder.prepare(patch), { mode: "pooled", pooling: "mean" }),
      (e) => isRsembedError(e, "no-data"),
    );
  });

  test(`${card.id} asks for the calendar year that the window begins in, and refuses others`, async () => {
    const { embedder: open } = await load();
    const { frames } = open(resolveModel(card, { name: card.id }));
    const year = { start: "2021-01-01", end: "2022-01-01" };
    assert.deepEqual(frames({ start: "2021-06-01", end: "2021-09-01" }), [year]);
    assert.throws(
      () => frames({ start: "2016-06-01", end: "2016-09-01" }),
      (e) => isRsembedError(e, "spec") && e.message.includes("2016"),
    );
  });
}
