import { isRsembedError, type OptionValue, resolveModel, type SensorInit } from "@rsembed/core";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { testPatch } from "../_suite/patches.ts";
import type { Embedder } from "../embedder.ts";
import { framesOf, monthsOf } from "./frames.ts";
import { card, family } from "./mod.ts";

function embedder(
  options: Record<string, OptionValue> = {},
  more: { modality?: string; sensor?: SensorInit } = {},
): Embedder {
  return family.embedder(resolveModel(card, { name: "presto", options, ...more }));
}

const collection = "stored";
const { bands } = card.modalities.s2!;
const mean = { mode: "pooled", pooling: "mean" } as const;

interface Fixture {
  readonly start: string;
  readonly end: string;
  readonly frames: readonly {
    start: string;
    end: string;
    month_of_start: number;
    month_of_midpoint: number;
  }[];
}

const fixtures: readonly Fixture[] = JSON.parse(
  readFileSync(new URL("testdata/preprocess/frames.json", import.meta.url), "utf8"),
);

for (const { start, end, frames } of fixtures.filter(({ frames }) => frames.length > 0)) {
  test(`framesOf() and monthsOf() step through ${start} to ${end} as upstream does`, () => {
    const given = framesOf({ start, end }, { count: null, most: 24 });
    assert.deepEqual(given.map((frame) => frame!.start), frames.map((frame) => frame.start));
    assert.deepEqual(
      given.slice(0, -1).map((frame) => frame!.end),
      frames.slice(0, -1).map((frame) => frame.end),
    );
    // upstream leaves out the days after the last whole step
    assert.equal(given.at(-1)!.end, end);
    const steps = frames.map(({ start, end }) => ({ start, end }));
    const months = (monthOf: "start" | "midpoint") => monthsOf(steps, { month: null, monthOf });
    assert.deepEqual(months("start"), frames.map((frame) => frame.month_of_start));
    assert.deepEqual(months("midpoint"), frames.map((frame) => frame.month_of_midpoint));
  });
}

test("framesOf() makes equal parts of a longer window, or as many as are asked for", () => {
  const years = { start: "2020-01-01", end: "2022-01-01" };
  assert.equal(embedder().frames(years).length, 12);
  assert.equal(embedder({ max_frames: 24 }).frames(years).length, 24);
  assert.equal(embedder({ n_frames: 5 }).frames(years).length, 5);
  assert.equal(embedder().frames(years).at(-1)!.end, years.end);
  assert.throws(() => embedder({ n_frames: 2 }).frames(null), /time range/);
});

test("monthsOf() wants a date or a month", () => {
  assert.deepEqual(monthsOf([null], { month: 3, monthOf: "start" }), [2]);
  assert.throws(
    () => monthsOf([null], { month: null, monthOf: "start" }),
    (error) => isRsembedError(error, "spec") && /option month/.test(error.message),
  );
});

test("family.embedder() takes any bands that make a group, by their names", () => {
  const seen = (...own: string[]) =>
    embedder({}, { sensor: { collection, bands: own } }).graphConfig.groups;
  assert.deepEqual(seen("B8", "B4"), [3, 8]);
  assert.deepEqual(seen("VH", "VV", "slope", "elevation", "B9"), [0, 7]);
  assert.deepEqual(seen("B2", "B3", "B4", "dynamic_world"), [1]);
  for (const own of [["B2", "B3"], ["B2", "B3", "B4", "B99"], ["dynamic_world"]]) {
    assert.throws(
      () => seen(...own),
      (error) => isRsembedError(error, "spec") && error.facts.field === "sensor.bands",
    );
  }
});

test("prepare() leaves out what is missing, pixel by pixel", () => {
  const made = embedder({ month: 6 });
  const patch = testPatch({ bands, height: 2, width: 2, times: [null] });
  patch.valid.data[3] = 0;
  patch.pixels.data[0] = NaN; // B2 of the first pixel: of its group nothing is left
  const { visible, x, months } = made.prepare(patch);
  assert.deepEqual(visible!.shape, [6, 2, 2]); // five groups and the vegetation index
  const row = (
    token: number,
  ) => [...(visible!.data as Float32Array).subarray(4 * token, 4 * token + 4)];
  assert.deepEqual(row(0), [0, 1, 1, 0]);
  for (let token = 1; token < 6; token++) assert.deepEqual(row(token), [1, 1, 1, 0]);
  assert.deepEqual(x!.shape, [1, 11, 2, 2]);
  assert.deepEqual([...months!.data as BigInt64Array], [5n]);
  assert.equal(made.meta(patch, mean).empty_pixels, 1);
});

test("prepare() takes land cover by class, and power as decibels", () => {
  const own = ["VV", "VH", "dynamic_world"];
  const made = embedder({ month: 1 }, { sensor: { collection, bands: own } });
  const patch = testPatch({ bands: own, height: 1, width: 3, times: [null] });
  patch.pixels.data.set([0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 4, 9, NaN]);
  const { x, dynamic_world, visible } = made.prepare(patch);
  assert.deepEqual([...dynamic_world!.data as BigInt64Array], [4n, 9n, 9n]);
  assert.deepEqual([...visible!.data as Float32Array], [1, 1, 1, 1, 0, 0]);
  const [vv, , , vh] = x!.data as Float32Array;
  assert(Math.abs(vv! - 15 / 25) < 1e-6 && Math.abs(vh! - 5 / 25) < 1e-6);
  const stored = { ...card.modalities.s1!, bands: own };
  const plain = embedder({ month: 1 }, { sensor: stored }).prepare(patch).x!.data as Float32Array;
  assert(Math.abs(plain[0]! - 25.1 / 25) < 1e-6);
});

test("prepare() refuses more pixels than fit into memory at once, and says what to do", () => {
  const made = embedder({ n_frames: 1, month: 1 });
  const patch = testPatch({ bands, height: 300, width: 300, times: [null] });
  assert.throws(
    () => made.prepare(patch),
    (error) => isRsembedError(error, "limit") && /tiles/.test(error.message),
  );
  assert.equal(made.tileSizePx, 16);
});

test("options choose what pooled is taken over and whether the place is told", () => {
  assert.deepEqual(embedder().outputs(mean), ["pooled"]);
  assert.deepEqual(embedder({ pooled_over: "valid" }).outputs(mean), ["pooled_valid"]);
  const patch = testPatch({ bands, height: 1, width: 1, times: [null] });
  const told = embedder({ month: 1 }).prepare(patch).location!;
  assert.deepEqual(told.shape, [3, 1, 1]);
  assert(Math.abs(Math.hypot(...Array.from(told.data as Float32Array)) - 1) < 1e-6);
  assert.equal(embedder({ month: 1, use_location: false }).prepare(patch).location, undefined);
});
