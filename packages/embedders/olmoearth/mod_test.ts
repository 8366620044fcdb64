import { isRsembedError, ndarray, type OptionValue, resolveModel } from "@rsembed/core";
import assert from "node:assert/strict";
import { test } from "node:test";
import { testPatch } from "../_suite/patches.ts";
import type { Embedder } from "../embedder.ts";
import { card, family } from "./mod.ts";

const year = { start: "2022-01-01", end: "2023-01-01" };

function embedder(
  options: Record<string, OptionValue> = {},
  more: { variant?: string; modality?: string } = {},
): Embedder {
  const small = { image_size: 8, ...options };
  return family.embedder(resolveModel(card, { name: "olmoearth", options: small, ...more }));
}

function patchOf(plain: Embedder, times = plain.frames(year), height = 8) {
  return testPatch({ bands: plain.model.sensor.bands, times, height, width: 8 });
}

test("family.embedder() refuses options that do not fit together", () => {
  const refused = (options: Record<string, OptionValue>, field: string) =>
    assert.throws(
      () => embedder(options),
      (error) => isRsembedError(error, "spec") && error.facts.field === field,
    );
  refused({ image_size: 30 }, "image_size");
  refused({ image_size: 32, patch_size: 5 }, "image_size");
  assert.equal(embedder({ image_size: 30, patch_size: 5 }).imageSizePx, 30);
});

test("prepare() tells the encoder the month of each frame, from 0, and days since the first", () => {
  const plain = embedder();
  const { months, days, image } = plain.prepare(patchOf(plain));
  assert.deepEqual(image!.shape, [12, 12, 8, 8]);
  // bins of 30 days by their first day: January and March twice, and no February
  assert.deepEqual([...months!.data].map(Number), [0, 0, 2, 3, 4, 4, 5, 6, 7, 8, 9, 10]);
  assert.deepEqual([...days!.data], [0, 30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 330]);
  const single = embedder({ temporal_mode: "single" });
  const whole = single.prepare(patchOf(single));
  assert.deepEqual([...whole.months!.data, ...whole.days!.data], [6n, 0]);
});

test("prepare() tells days to release 1.2 alone", () => {
  const names = (variant: string) => {
    const plain = embedder({}, { variant });
    return Object.keys(plain.prepare(patchOf(plain)));
  };
  assert.deepEqual(names("nano"), ["image", "months"]);
  assert.deepEqual(names("nano_v1_1"), ["image", "months"]);
  assert.deepEqual(names("nano_v1_2"), ["image", "months", "days"]);
});

test("prepare() leaves out frames without imagery, with their days", () => {
  const plain = embedder();
  const patch = patchOf(plain, plain.frames({ start: "2021-11-20", end: "2022-03-11" }));
  const full = plain.prepare(patch);
  const [, bands, height, width] = patch.pixels.shape;
  const size = bands * height * width;
  patch.pixels.data.fill(NaN, 2 * size, 3 * size);
  const { image, months, days } = plain.prepare(patch);
  const whole = full.image!.data as Float32Array;
  assert.deepEqual(
    image!.data,
    Float32Array.of(
      ...whole.subarray(0, 2 * size),
      ...whole.subarray(3 * size),
    ),
  );
  assert.deepEqual([...months!.data], [10n, 11n, 1n]);
  assert.deepEqual([...days!.data], [0, 30, 90.25]);
  const meta = plain.meta(patch, { mode: "pooled", pooling: "mean" });
  assert.equal(meta.n_frames, 3);
  assert.equal(meta.n_bins, 4);
  assert.deepEqual(meta.dropped_bins, [["2022-01-19", "2022-02-18"]]);
  assert.deepEqual(meta.frame_dates, ["2021-11-20", "2021-12-20", "2022-02-18"]);
  assert.equal(meta.temporal_sampling, "fixed_stride");
});

test("prepare() needs dates, and one frame where one is asked for", () => {
  const refused = (plain: Embedder, times: Parameters<typeof patchOf>[1], field: string) =>
    assert.throws(
      () => plain.prepare(patchOf(plain, times)),
      (error) => isRsembedError(error, "spec") && error.facts.field === field,
    );
  refused(embedder(), [null], "temporal");
  refused(embedder({ temporal_mode: "single" }), [year, year], "frames");
  refused(embedder(), new Array(13).fill(year), "frames");
});

test("prepare() refuses more tokens than attention can run over", () => {
  const big = { image_size: 256 };
  const frames = embedder().frames(year);
  const plain = embedder(big, { variant: "nano_v1_2" });
  assert.equal(plain.prepare(patchOf(plain, frames)).image!.shape[0], 12);
  const sets = embedder(big, { variant: "nano" });
  assert.throws(
    () => sets.prepare(patchOf(sets, frames)),
    (error) => isRsembedError(error, "limit") && error.facts.actual === 3 * 12 * 64 * 64,
  );
});

test("Sentinel-1 is decibels, or linear power where the sensor says so, and never taken for the other", () => {
  const plain = embedder({}, { modality: "s1" });
  const linear = family.embedder(
    resolveModel(card, {
      name: "olmoearth",
      sensor: {
        ...card.modalities.s1!,
        collection: "COPERNICUS/S1_GRD_FLOAT",
        useFloatLinear: true,
      },
      modality: "s1",
      options: { image_size: 8 },
    }),
  );
  const levels = patchOf(plain, [year]);
  levels.pixels.data.fill(-12);
  const powers = patchOf(plain, [year]);
  powers.pixels.data.fill(10 ** -1.2);
  const [a, b] = [plain.prepare(levels).image!, linear.prepare(powers).image!];
  for (const [i, x] of (a.data as Float32Array).entries()) {
    assert(Math.abs(x - Number(b.data[i])) < 1e-6);
  }
  assert.throws(
    () => linear.prepare(levels),
    (error) => isRsembedError(error, "spec") && /decibels/.test(error.message),
  );
  assert.equal(linear.meta(powers, { mode: "pooled", pooling: "max" }).use_float_linear, true);
});

test("readout() takes the maximum of all tokens, and cells by grid_pooling", () => {
  const max = { mode: "pooled", pooling: "max" } as const;
  const grid = { mode: "grid", orientation: "native" } as const;
  const byMean = embedder();
  assert.deepEqual(byMean.outputs({ mode: "pooled", pooling: "mean" }), ["pooled"]);
  assert.deepEqual(byMean.outputs(max), ["grid_max"]);
  assert.deepEqual(byMean.outputs(grid), ["grid"]);
  assert.deepEqual(embedder({ grid_pooling: "max" }).outputs(grid), ["grid_max"]);
  const grid_max = ndarray("float32", {
    axes: ["d", "y", "x"],
    shape: [2, 1, 2],
    data: Float32Array.of(1, 3, -4, -2),
  });
  assert.deepEqual([...byMean.readout({ grid_max }, max).data], [3, -2]);
});

test("meta() tells sizes and releases apart", () => {
  const told = (variant: string) => {
    const plain = embedder({}, { variant });
    const meta = plain.meta(patchOf(plain, [year]), { mode: "grid", orientation: "native" });
    return [meta.model_size, meta.model_version, meta.hf_repo];
  };
  assert.deepEqual(told("large"), ["large", "v1", "allenai/OlmoEarth-v1-Large"]);
  assert.deepEqual(told("small_v1_2"), ["small", "v1_2", "allenai/OlmoEarth-v1_2-Small"]);
});
