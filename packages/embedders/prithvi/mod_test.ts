import {
  isRsembedError,
  ndarray,
  northUpGrid,
  type OptionValue,
  type OutputSpec,
  resolveModel,
} from "@rsembed/core";
import assert from "node:assert/strict";
import { test } from "node:test";
import { testPatch } from "../_suite/patches.ts";
import { encodePlace, encodeTimes } from "./coordinates.ts";
import { card, family } from "./mod.ts";

const summer = { start: "2022-06-01", end: "2022-09-01" };
const mean: OutputSpec = { mode: "pooled", pooling: "mean" };
const max: OutputSpec = { mode: "pooled", pooling: "max" };
const native: OutputSpec = { mode: "grid", orientation: "native" };

function embedder(options: Record<string, OptionValue> = {}, variant = "tiny_tl") {
  return family.embedder(resolveModel(card, { name: "prithvi", variant, options }));
}

function patch(more: Partial<Parameters<typeof testPatch>[0]> = {}) {
  return testPatch({
    bands: card.modalities.s2!.bands,
    height: 30,
    width: 30,
    times: embedder().frames(summer),
    ...more,
  });
}

test("family.embedder() refuses options that do not fit together", () => {
  const refused = (options: Record<string, OptionValue>, field: string, variant?: string) =>
    assert.throws(
      () => embedder(options, variant),
      (error) => isRsembedError(error, "spec") && error.facts.field === field,
    );
  refused({ image_size: 230 }, "image_size");
  refused({ image_size: 112 + 16 }, "image_size", "600_tl");
  refused({ temporal_mode: "single", n_frames: 3 }, "n_frames");
  assert.equal(embedder({ image_size: 126 }, "600").imageSizePx, 126);
  assert.equal(embedder({ image_size: 100, prep: "pad" }).imageSizePx, null);
});

test("prepare() tells the encoder the middle of each frame and the place of the patch", () => {
  const grid = northUpGrid({
    crs: "EPSG:4326",
    west: 9,
    north: 48,
    pixelSize: 0.1,
    width: 30,
    height: 30,
  });
  const { image, time, location } = embedder().prepare({ ...patch(), grid });
  assert.deepEqual(image!.shape, [3, 6, 224, 224]);
  assert.deepEqual(time, encodeTimes([[2022, 167], [2022, 197], [2022, 228]], 192));
  assert.deepEqual(location, encodePlace({ lon: 10.5, lat: 46.5 }, 192));
});

test("prepare() tells nothing that is unknown, unwanted, or not taken", () => {
  const silent = (tensors: ReturnType<ReturnType<typeof embedder>["prepare"]>, name: string) =>
    (tensors[name]!.data as Float32Array).every((value) => value === 0);
  assert(silent(embedder().prepare(patch({ times: [null] })), "time"));
  assert(silent(embedder({ use_time: false }).prepare(patch()), "time"));
  assert(!silent(embedder({ use_time: false }).prepare(patch()), "location"));
  assert(silent(embedder({ use_location: false }).prepare(patch()), "location"));
  assert.deepEqual(Object.keys(embedder({}, "300").prepare(patch())), ["image"]);
});

test("prepare() needs no known CRS where it tells no place", () => {
  const odd = { ...patch(), grid: { ...patch().grid, crs: "EPSG:2056" } };
  assert.throws(() => embedder().prepare(odd), { code: "unsupported" });
  embedder({ use_location: false }).prepare(odd);
  embedder({}, "600").prepare(odd);
});

test("prepare() drops a repeated frame with its date", () => {
  const three = patch();
  const { data, shape: [, c, h, w] } = three.pixels;
  data.copyWithin(c * h * w, 0, c * h * w);
  const { image, time } = embedder().prepare(three);
  assert.equal(image!.shape[0], 2);
  assert.deepEqual(time, encodeTimes([[2022, 167], [2022, 228]], 192));
  const meta = embedder().meta(three, mean);
  assert.deepEqual(meta.frame_dates, ["2022-06-16", "2022-08-16"]);
  assert.equal(meta.requested_frames, 3);
});

test("prepare() wants the number of frames that was asked for", () => {
  for (const options of [{ n_frames: 4 }, { temporal_mode: "single" }, { max_frames: 2 }]) {
    assert.throws(
      () => embedder(options).prepare(patch()),
      (error) => isRsembedError(error, "spec") && error.facts.field === "frames",
    );
  }
  const times = new Array(7).fill(summer);
  assert.equal(embedder({ n_frames: 7 }).prepare(patch({ times })).image!.shape[0], 7);
});

test("prepare() in pad mode keeps pixels, in whole patches of the variant or multiples asked for", () => {
  const sides = (options: Record<string, OptionValue>, variant?: string) => {
    const wide = patch({ height: 57, width: 70 });
    const made = embedder({ prep: "pad", ...options }, variant);
    const { shape } = made.prepare(wide).image!;
    const grid = made.inputGrid(wide.grid);
    assert.deepEqual(shape.slice(2), [grid.height, grid.width]);
    assert.deepEqual(grid.transform, wide.grid.transform);
    return shape.slice(2);
  };
  assert.deepEqual(sides({}), [64, 80]);
  assert.deepEqual(sides({}, "600"), [70, 70]);
  assert.deepEqual(sides({ pad_multiple: 16 }, "600"), [56, 70]);
  assert.throws(
    () => embedder({ prep: "pad", pad_multiple: 1 }).prepare(patch({ height: 15 })),
    (error) => isRsembedError(error, "spec") && error.facts.field === "pad_multiple",
  );
});

test("prepare() refuses more tokens than attention can hold", () => {
  const times = new Array(16).fill(summer);
  assert.throws(
    () => embedder({ n_frames: 16, image_size: 1024 }).prepare(patch({ times })),
    (error) => isRsembedError(error, "limit") && error.facts.actual === 65536,
  );
});

test("outputs() and readout() follow the pooling, grid_pooling only for grids", () => {
  const plain = embedder();
  const byMaximum = embedder({ grid_pooling: "max" });
  assert.deepEqual([mean, max, native].map((output) => plain.outputs(output)[0]), [
    "pooled",
    "grid_max",
    "grid",
  ]);
  assert.deepEqual([mean, max, native].map((output) => byMaximum.outputs(output)[0]), [
    "pooled",
    "grid_max",
    "grid_max",
  ]);
  const grid_max = ndarray("float32", {
    axes: ["d", "y", "x"],
    shape: [2, 1, 2],
    data: Float32Array.of(1, 3, -4, -2),
  });
  assert.deepEqual([...plain.readout({ grid_max }, max).data], [3, -2]);
  assert.deepEqual(byMaximum.readout({ grid_max }, native).data, grid_max.data);
});

test("meta() says what the encoder was told", () => {
  const one = patch({ times: [null] });
  const { coords_lonlat, uses_time, coords_date, pooling } = embedder().meta(one, mean);
  const [lon, lat] = coords_lonlat as number[];
  assert(Math.abs(lon! - 9) < 0.01 && Math.abs(lat! - 54.14) < 0.01);
  assert.deepEqual([uses_time, coords_date, pooling], [false, null, "patch_mean"]);
  assert.equal(embedder().meta(patch(), max).pooling, "patch_temporal_max");
  assert.equal(embedder({}, "300").meta(patch(), native).coords_lonlat, null);
});
