import { isRsembedError, type OptionValue, resolveModel } from "@rsembed/core";
import assert from "node:assert/strict";
import { test } from "node:test";
import { testPatch } from "../_suite/patches.ts";
import type { Embedder } from "../embedder.ts";
import { card, family } from "./mod.ts";

function embedder(options: Record<string, OptionValue> = {}): Embedder {
  return family.embedder(resolveModel(card, { name: "agrifm", options }));
}

const { bands } = card.modalities.s2!;
const summer = { start: "2022-06-01", end: "2022-09-01" };

test("frames() cut a window into as many equal parts as are asked for", () => {
  assert.equal(embedder().frames(summer).length, 8);
  assert.equal(embedder({ n_frames: 3 }).frames(summer).length, 3);
  assert.deepEqual(embedder().frames(null), [null]);
});

test("prepare() repeats a single image and refuses another number of frames", () => {
  const made = embedder({ n_frames: 3, image_size: 32 });
  const one = testPatch({ bands, height: 32, width: 32, times: [null] });
  const { data, shape } = made.prepare(one).image!;
  assert.deepEqual(shape, [3, 10, 32, 32]);
  const frame = data.length / 3;
  assert.deepEqual(data.slice(frame, 2 * frame), data.slice(0, frame));
  const meta = made.meta(one, { mode: "pooled", pooling: "mean" });
  assert.deepEqual([meta.input_mode, meta.n_distinct_frames], ["chw_repeated_to_t", 1]);
  assert.throws(
    () => made.prepare(testPatch({ bands, height: 32, width: 32, times: [null, null] })),
    (error) => isRsembedError(error, "spec") && error.facts.field === "frames",
  );
});

test("prepare() scales as asked for", () => {
  const patch = testPatch({ bands, height: 16, width: 16, times: [null] });
  patch.pixels.data.fill(5000);
  patch.pixels.data[0] = NaN;
  const first = (normalization: string) =>
    embedder({ normalization, image_size: 16 }).prepare(patch).image!.data as Float32Array;
  assert.deepEqual([...first("unit_scale").subarray(0, 2)], [0, 0.5]);
  assert.deepEqual([...first("none").subarray(0, 2)], [0, 5000]);
  const [, value] = first("agrifm_stats");
  assert(Math.abs(value! - (5000 - 4179.192015478227) / 4041.5212325268735) < 1e-6);
});
