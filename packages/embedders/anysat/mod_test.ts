import {
  type FetchSpec,
  isRsembedError,
  ndarray,
  type OptionValue,
  type OutputSpec,
  resolveModel,
} from "@rsembed/core";
import assert from "node:assert/strict";
import { test } from "node:test";
import { testPatch } from "../_suite/patches.ts";
import { card, family } from "./mod.ts";

const summer = { start: "2022-06-01", end: "2022-09-01" };
const mean: OutputSpec = { mode: "pooled", pooling: "mean" };
const max: OutputSpec = { mode: "pooled", pooling: "max" };
const native: OutputSpec = { mode: "grid", orientation: "native" };

function embedder(options: Record<string, OptionValue> = {}, fetch?: FetchSpec) {
  return family.embedder(
    resolveModel(card, { name: "anysat", options, ...(fetch ? { fetch } : {}) }),
  );
}

function patch(more: Partial<Parameters<typeof testPatch>[0]> = {}) {
  return testPatch({
    bands: card.modalities.s2!.bands,
    height: 24,
    width: 24,
    times: embedder().frames(summer),
    ...more,
  });
}

function refused(fn: () => unknown, field: string) {
  assert.throws(fn, (error) => isRsembedError(error, "spec") && error.facts.field === field);
}

test("family.embedder() takes patches of the scale of the imagery, or of the option", () => {
  const sidePx = (made: ReturnType<typeof embedder>) => made.graphConfig.patchSizePx;
  assert.equal(sidePx(embedder()), 1);
  assert.equal(sidePx(embedder({}, { scaleM: 20 })), 2);
  assert.equal(sidePx(embedder({ patch_size_m: 40 }, { scaleM: 20 })), 4);
});

test("family.embedder() refuses patches that do not fill the image, or are none of whole pixels", () => {
  refused(() => embedder({ patch_size_m: 15 }), "patch_size_m");
  refused(() => embedder({}, { scaleM: 25 }), "patch_size_m");
  refused(() => embedder({}, { scaleM: 250 }), "patch_size_m");
  refused(() => embedder({ patch_size_m: 50 }), "image_size");
  assert.equal(embedder({ patch_size_m: 50, image_size: 25 }).imageSizePx, 25);
});

test("family.embedder() and prepare() refuse what memory does not hold", () => {
  const limited = (fn: () => unknown, limit: string) =>
    assert.throws(fn, (error) => isRsembedError(error, "limit") && error.facts.limit === limit);
  limited(() => embedder({ image_size: 65 }), "patches");
  const large = embedder({ image_size: 128, patch_size_m: 20, n_frames: 9 });
  limited(() => large.prepare(patch({ times: large.frames(summer) })), "pixels");
});

test("prepare() gives a frame of its own window the days of that window's parts", () => {
  const { s2, dates } = embedder().prepare(patch({ times: [summer] }));
  assert.deepEqual([...dates!.data].map(Number), [156, 168, 179, 191, 202, 214, 225, 237]);
  assert.deepEqual(s2!.shape, [8, 10, 24, 24]);
  const size = 10 * 24 * 24;
  assert.deepEqual(s2!.data.slice(7 * size), s2!.data.slice(0, size));
});

test("prepare() keeps the frames of a series, however many were to be cut", () => {
  const times = embedder({ n_frames: 3 }).frames(summer);
  const { s2, dates } = embedder().prepare(patch({ times }));
  assert.equal(s2!.shape[0], 3);
  assert.deepEqual([...dates!.data].map(Number), [166, 196, 227]);
});

test("prepare() wants a date, or the option day_of_year", () => {
  refused(() => embedder().prepare(patch({ times: [null] })), "temporal");
  const { dates } = embedder({ day_of_year: 60 }).prepare(patch({ times: [null] }));
  assert.deepEqual([...dates!.data].map(Number), new Array(8).fill(59));
});

test("outputs() and readout() follow grid_feature_mode and pooled_source", () => {
  const named = (options: Record<string, OptionValue>) =>
    [mean, native].map((output) => embedder(options).outputs(output)[0]);
  assert.deepEqual(named({}), ["pooled", "dense"]);
  assert.deepEqual(named({ grid_feature_mode: "patch" }), ["pooled", "patch"]);
  assert.deepEqual(named({ pooled_source: "tile" }), ["tile", "dense"]);
  const grid = ndarray("float32", {
    axes: ["d", "y", "x"],
    shape: [2, 1, 2],
    data: Float32Array.of(1, 3, -4, -2),
  });
  assert.deepEqual([...embedder().readout({ patch: grid }, max).data], [3, -2]);
  assert.deepEqual(embedder().readout({ dense: grid }, native), grid);
  const tile = ndarray("float32", { axes: ["d"], shape: [2], data: Float32Array.of(7, 8) });
  assert.deepEqual(embedder({ pooled_source: "tile" }).readout({ tile }, mean), tile);
});

test("outputs() refuses the maximum of the one vector of a tile", () => {
  refused(() => embedder({ pooled_source: "tile" }).outputs(max), "output.pooling");
});

test("graphConfig knows the patch and no option of preparation or readout", () => {
  const plain = embedder().graphConfig;
  assert.deepEqual(
    embedder({ grid_feature_mode: "patch", pooled_source: "tile", n_frames: 4 }).graphConfig,
    plain,
  );
  assert.notDeepEqual(embedder({ patch_size_m: 20 }).graphConfig, plain);
});

test("meta() says how the series came about and what was read", () => {
  const eight = patch();
  const { data, shape: [, c, h, w] } = eight.pixels;
  data.copyWithin(c * h * w, 0, c * h * w);
  const meta = embedder().meta(eight, native);
  assert.deepEqual(
    [meta.n_frames, meta.n_distinct_frames, meta.n_backfilled_frames],
    [8, 7, 1],
  );
  assert.deepEqual([meta.start, meta.end], [summer.start, summer.end]);
  assert.deepEqual([meta.grid_kind, meta.grid_hw, meta.feature_dim], [
    "dense_subpatch",
    [24, 24],
    1536,
  ]);
  const patches = embedder({ grid_feature_mode: "patch", patch_size_m: 40 }).meta(eight, native);
  assert.deepEqual([patches.grid_kind, patches.grid_hw, patches.feature_dim], [
    "patch_tokens",
    [6, 6],
    768,
  ]);
  assert.equal(embedder().meta(eight, max).pooling, "patch_max");
  assert.equal(embedder({ pooled_source: "tile" }).meta(eight, mean).pooling, "tile_native");
  const one = embedder().meta(patch({ times: [summer] }), mean);
  assert.deepEqual([one.n_frames, one.n_distinct_frames, one.n_backfilled_frames], [8, 1, 7]);
});
