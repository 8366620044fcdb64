import { isRsembedError, type OptionValue, resolveModel } from "@rsembed/core";
import assert from "node:assert/strict";
import { test } from "node:test";
import { testPatch } from "../_suite/patches.ts";
import { card, family } from "./mod.ts";

const year = { start: "2022-01-01", end: "2023-01-01" };

function embedder(options: Record<string, OptionValue> = {}) {
  return family.embedder(resolveModel(card, { name: "galileo", options }));
}

function patch(times: Parameters<typeof testPatch>[0]["times"]) {
  return testPatch({
    bands: card.modalities.s2!.bands,
    height: 30,
    width: 30,
    ...(times ? { times } : {}),
  });
}

test("family.embedder() refuses options that do not fit together", () => {
  const refused = (options: Record<string, OptionValue>, field: string) =>
    assert.throws(
      () => embedder(options),
      (error) => isRsembedError(error, "spec") && error.facts.field === field,
    );
  refused({ image_size: 60 }, "image_size");
  refused({ patch_size: 5 }, "image_size");
  refused({ temporal_mode: "single", n_frames: 3 }, "n_frames");
  assert.equal(embedder({ image_size: 60, patch_size: 5 }).imageSizePx, 60);
  assert.equal(embedder({ temporal_mode: "single", n_frames: 1 }).frames(year).length, 1);
});

test("prepare() tells the encoder the month of each frame, from 0", () => {
  const plain = embedder();
  const frames = plain.frames(year);
  const { months } = plain.prepare(patch(frames));
  assert.deepEqual([...months!.data].map(Number), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  const { months: forced } = embedder({ month: 7 }).prepare(patch(frames));
  assert.deepEqual(new Set([...forced!.data].map(Number)), new Set([6]));
});

test("prepare() needs a date or a month", () => {
  assert.throws(
    () => embedder().prepare(patch([null])),
    (error) =>
      isRsembedError(error, "spec") && /give a time or the option month/.test(error.message),
  );
  assert.deepEqual([...embedder({ month: 3 }).prepare(patch([null])).months!.data], [2n]);
});

test("prepare() wants the number of frames that was asked for", () => {
  const three = new Array(3).fill(year);
  assert.equal(embedder({ n_frames: 3 }).prepare(patch(three)).s2!.shape[0], 3);
  for (const options of [{ n_frames: 4 }, { temporal_mode: "single" }]) {
    assert.throws(
      () => embedder(options).prepare(patch(three)),
      (error) => isRsembedError(error, "spec") && error.facts.field === "frames",
    );
  }
});

test("prepare() refuses more tokens than attention can hold", () => {
  assert.throws(
    () => embedder({ patch_size: 1 }).prepare(patch([year])),
    (error) => isRsembedError(error, "limit") && error.facts.actual === 64 * 64 * 5,
  );
});

test("meta() says how the frames came about", () => {
  const plain = embedder();
  const meta = plain.meta(patch(plain.frames(year)), { mode: "pooled", pooling: "mean" });
  assert.equal(meta.n_frames, 12);
  assert.deepEqual(meta.months, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  assert.equal(meta.temporal_mode, "multi");
  assert.equal(meta.normalization, "pretraining");
});
