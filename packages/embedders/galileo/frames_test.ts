import { dateRange, equalBins, isRsembedError, midpointMs } from "@rsembed/core";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { samplingOf } from "../_prepare/sampling.ts";
import { framesOf, monthsOf, samplingMeta } from "./frames.ts";

interface Fixture {
  readonly start: string;
  readonly end: string;
  readonly n_frames: number;
  readonly bins_policy: readonly [string, string][];
  readonly stretched: boolean;
  readonly sampling_meta: Readonly<Record<string, unknown>>;
  readonly frame_midpoints: readonly string[];
  readonly months0: readonly number[];
}

const fixtures: Fixture[] = JSON.parse(
  readFileSync(new URL("testdata/temporal_bins.json", import.meta.url), "utf8"),
);
const auto = { mode: "auto", count: null } as const;

for (const fixture of fixtures) {
  const { start, end } = fixture;
  test(`framesOf() cuts ${start}/${end} as rs-embed does`, () => {
    const { bins, stretched } = samplingOf({ start, end });
    assert.deepEqual(bins.map((bin) => [bin.start, bin.end]), fixture.bins_policy);
    assert.equal(stretched, fixture.stretched);

    const frames = framesOf({ start, end }, auto);
    assert.equal(frames.length, fixture.n_frames);
    assert.deepEqual(
      frames.map((frame) => new Date(midpointMs(frame!)).toISOString().slice(0, 10)),
      fixture.frame_midpoints,
    );
    assert.deepEqual(monthsOf(frames, null), fixture.months0);
    assert.deepEqual(samplingMeta(frames, null), fixture.sampling_meta);
  });
}

test("framesOf() covers the window without gaps, whatever its length", () => {
  for (let days = 1; days < 900; days += 13) {
    const window = {
      start: "2021-03-15",
      end: new Date(Date.UTC(2021, 2, 15 + days)).toISOString().slice(0, 10),
    };
    const frames = framesOf(window, auto);
    assert(frames.length >= 1 && frames.length <= 12);
    assert.equal(frames[0]!.start, window.start);
    assert.equal(frames.at(-1)!.end, window.end);
    for (let i = 1; i < frames.length; i++) assert.equal(frames[i]!.start, frames[i - 1]!.end);
  }
});

test("framesOf() obeys the mode and the number of frames", () => {
  const year = { start: "2022-01-01", end: "2023-01-01" };
  assert.deepEqual(framesOf(year, { mode: "single", count: null }), [year]);
  assert.deepEqual(framesOf(year, { mode: "auto", count: 5 }), equalBins(year, 5));
  assert.deepEqual(framesOf(null, auto), [null]);
  assert.throws(
    () => framesOf(null, { mode: "auto", count: 2 }),
    (error) => isRsembedError(error, "spec") && error.facts.field === "temporal",
  );
  assert.throws(
    () => framesOf(dateRange("2022-01-01", "2022-01-03"), { mode: "auto", count: 4 }),
    (error) => isRsembedError(error, "spec"),
  );
});

test("monthsOf() takes a forced month over dates, and refuses to guess", () => {
  const june = { start: "2022-06-01", end: "2022-07-01" };
  assert.deepEqual(monthsOf([june, null], 12), [11, 11]);
  assert.throws(
    () => monthsOf([june, null], null),
    (error) =>
      isRsembedError(error, "spec") &&
      /frame 2.*give a time or the option month/.test(error.message),
  );
});

test("samplingMeta() claims no rule for frames that were given, not cut", () => {
  const day = { start: "2022-06-01", end: "2022-06-02" };
  const given = {
    temporal_mode: "multi",
    temporal_sampling: "equal_divided",
    temporal_spacing_stretched: false,
  };
  assert.deepEqual(samplingMeta([day, day, day], null), given);
  assert.deepEqual(samplingMeta([day, null], null), given);
  assert.deepEqual(
    samplingMeta(
      framesOf({ start: "2022-01-01", end: "2023-01-01" }, { mode: "auto", count: 5 }),
      5,
    ),
    given,
  );
});
