import {
  canonicalJson,
  gridBounds,
  isRsembedError,
  type ModelCard,
  type ModelRequest,
  ndarray,
  type OutputSpec,
  type Patch,
  resolveModel,
  sizeOf,
} from "@rsembed/core";
import { randomCheckpoint } from "@rsembed/models/checkpoint";
import type { Graph } from "@rsembed/models/onnx";
import assert from "node:assert/strict";
import { test } from "node:test";
import { embedders } from "../catalog.ts";
import type { Embedder, Family, InputShapes, Tensors } from "../embedder.ts";
import { keyMapOf } from "./key_maps.ts";
import { testPatch } from "./patches.ts";

const outputs: readonly OutputSpec[] = [
  { mode: "pooled", pooling: "mean" },
  { mode: "pooled", pooling: "max" },
  { mode: "grid", orientation: "north_up" },
];
const summer = { start: "2022-06-01", end: "2022-09-01" };

function embedderOf(family: Family, request: Partial<ModelRequest> = {}): Embedder {
  return family.embedder(resolveModel(family.card, { name: family.card.id, ...request }));
}

function patchFor(embedder: Embedder, more: Partial<Parameters<typeof testPatch>[0]> = {}): Patch {
  return testPatch({
    bands: embedder.model.sensor.bands,
    times: embedder.frames(summer),
    height: 45,
    width: 70,
    ...more,
  });
}

function shapesOf(tensors: Tensors): InputShapes {
  return Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape]));
}

function graphOf(embedder: Embedder, tensors: Tensors): Graph {
  const { model } = embedder;
  const keys = keyMapOf(model.id, model.variant);
  return embedder.graph(shapesOf(tensors), keys && randomCheckpoint(keys));
}

/** Zeros in the shape of every output of a graph, for one place. */
function blankOutputs(graph: Graph): Tensors {
  return Object.fromEntries(graph.outputs.map(({ name, shape }) => {
    const sides = shape.slice(1).map(Number);
    return [name, ndarray("float32", { axes: sides.map((_, i) => `d${i}`), shape: sides })];
  }));
}

/** The image among the inputs: the one with most axes. */
function imageOf(tensors: Tensors): Tensors[string] {
  return Object.values(tensors).reduce((a, b) => b.shape.length > a.shape.length ? b : a);
}

function suite(card: ModelCard, load: () => Promise<Family>): void {
  const { id } = card;

  test(`${id} loads with its card and a graph version`, async () => {
    const family = await load();
    assert.equal(family.card, card);
    assert(Number.isSafeInteger(family.graphVersion) && family.graphVersion >= 1);
  });

  test(`${id} prepare() gives well-formed tensors, the same each time, and keeps the patch`, async () => {
    const embedder = embedderOf(await load());
    const patch = patchFor(embedder);
    const before = patch.pixels.data.slice();
    const tensors = embedder.prepare(patch);
    assert.deepEqual(embedder.prepare(patch), tensors);
    assert.deepEqual(patch.pixels.data, before);
    for (const { data, shape, axes } of Object.values(tensors)) {
      assert.equal(data.length, sizeOf(shape));
      assert.equal(axes.length, shape.length);
      assert.notEqual(data.buffer, patch.pixels.data.buffer);
    }
  });

  test(`${id} prepare() brings any size to the model's own, where it has one`, async () => {
    const embedder = embedderOf(await load());
    const { imageSizePx } = embedder;
    for (const [height, width] of [[40, 40], [33, 90], [91, 34], [300, 17]] as const) {
      const patch = patchFor(embedder, { height, width });
      const shape = imageOf(embedder.prepare(patch)).shape;
      if (imageSizePx !== null) assert.deepEqual(shape.slice(-2), [imageSizePx, imageSizePx]);
      const grid = embedder.inputGrid(patch.grid);
      assert.deepEqual([grid.height, grid.width], shape.slice(-2));
      assert.equal(grid.crs, patch.grid.crs);
    }
  });

  test(`${id} inputGrid() keeps the centre of the ground`, async () => {
    const embedder = embedderOf(await load());
    const { imageSizePx } = embedder;
    const patch = patchFor(embedder, { height: 64, width: 96 });
    const [outer, inner] = [gridBounds(patch.grid), gridBounds(embedder.inputGrid(patch.grid))];
    const pitch = imageSizePx === null ? 10 : 10 * 96 / imageSizePx;
    assert(Math.abs(outer.minX + outer.maxX - inner.minX - inner.maxX) / 2 <= pitch * 16);
    assert(Math.abs(outer.minY + outer.maxY - inner.minY - inner.maxY) / 2 <= pitch * 16);
  });

  test(`${id} prepare() lets nothing through that is not finite`, async () => {
    const embedder = embedderOf(await load());
    const patch = patchFor(embedder);
    patch.pixels.data.set([NaN, Infinity, -Infinity, -5, 1e30]);
    for (const tensor of Object.values(embedder.prepare(patch))) {
      if (tensor.dtype === "float32") assert((tensor.data as Float32Array).every(Number.isFinite));
    }
  });

  test(`${id} prepare() refuses other bands, dates and sizes`, async () => {
    const embedder = embedderOf(await load());
    const { bands } = embedder.model.sensor;
    const patch = patchFor(embedder);
    const refused = (wrong: Patch, field: string) =>
      assert.throws(
        () => embedder.prepare(wrong),
        (error) => isRsembedError(error, "spec") && error.facts.field === field,
      );
    refused(patchFor(embedder, { bands: [...bands].reverse() }), "bands");
    refused(patchFor(embedder, { bands: bands.slice(1) }), "bands");
    refused({ ...patch, times: [...patch.times, null] }, "frames");
    refused(
      patchFor(embedder, { times: new Array(card.frames === "single" ? 2 : 25).fill(summer) }),
      "frames",
    );
    refused(patchFor(embedder, { times: [] }), "frames");
    refused(patchFor(embedder, { height: 0 }), "size");
  });

  test(`${id} frames() lie in the window, in order`, async () => {
    const embedder = embedderOf(await load());
    const frames = embedder.frames(summer);
    assert.equal(frames[0]!.start, summer.start);
    assert.equal(frames.at(-1)!.end, summer.end);
    for (let i = 1; i < frames.length; i++) assert.equal(frames[i]!.start, frames[i - 1]!.end);
    assert.equal(
      card.frames === "single",
      embedder.frames({ start: "2022-01-01", end: "2023-01-01" }).length === 1,
    );
    assert.deepEqual(embedder.frames(null), [null]);
  });

  test(`${id} graph() takes what prepare() gives and has what readout() needs`, async () => {
    const embedder = embedderOf(await load());
    const tensors = embedder.prepare(patchFor(embedder));
    const graph = graphOf(embedder, tensors);
    const inputs = graph.inputs.map(({ name, dtype, shape }) => [name, dtype, ...shape.slice(1)]);
    const given = Object.entries(tensors).map((
      [name, { dtype, shape }],
    ) => [name, dtype, ...shape]);
    assert.deepEqual(inputs.sort(), given.sort());

    const blank = blankOutputs(graph);
    const { dim, gridDim = dim } = card.variants[card.defaultVariant]!;
    for (const output of outputs) {
      const needed = Object.fromEntries(
        embedder.outputs(output).map((name) => {
          assert(blank[name], `the graph has no output ${name}`);
          return [name, blank[name]];
        }),
      );
      const { shape, data, dtype } = embedder.readout(needed, output);
      assert.equal(dtype, "float32");
      assert.equal(data.length, sizeOf(shape));
      assert.equal(shape[0], output.mode === "grid" ? gridDim : dim);
      assert.equal(shape.length, output.mode === "grid" ? 3 : 1);
    }
  });

  test(`${id} meta() is plain data under snake_case names, and leaves the common keys alone`, async () => {
    const embedder = embedderOf(await load());
    for (const output of outputs) {
      const meta = embedder.meta(patchFor(embedder), output);
      canonicalJson(meta);
      for (const key of Object.keys(meta)) {
        assert.match(key, /^[a-z][a-z0-9_]*$/);
        assert(
          !["model", "type", "backend", "source", "sensor", "temporal", "image_size"].includes(key),
        );
      }
    }
  });

  test(`${id} graphConfig changes with no option that the graph does not see`, async () => {
    const family = await load();
    for (const key of ["normalization", "month", "pooled"]) {
      const option = card.options[key];
      if (!option) continue;
      const value = option.choices?.find((choice) => choice !== option.default) ?? option.max!;
      const compared = Object.keys(card.modalities).filter((modality) => {
        const plain = embedderOf(family, { modality });
        try {
          const changed = embedderOf(family, { modality, options: { [key]: value } });
          assert.equal(canonicalJson(changed.graphConfig), canonicalJson(plain.graphConfig));
          return true;
        } catch (error) {
          // an option may be for one kind of imagery only
          assert(isRsembedError(error, "spec"), String(error));
          return false;
        }
      });
      assert(compared.length > 0, `${key} is refused by every modality`);
    }
  });
}

// embeddings that are stored have neither graph nor preparation: see _stored
const running = Object.values(embedders).filter(({ card }) => card.type === "on_the_fly");
for (const { card, load } of running) suite(card, load);
