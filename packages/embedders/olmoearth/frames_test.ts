import { dateRange, isRsembedError } from "@rsembed/core";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { datesOf, dayNumber, framesOf, isSeries, samplingMeta } from "./frames.ts";

interface Fixture {
  readonly auto_mode: string;
  readonly bins: readonly [string, string][];
  readonly sampling_meta: Readonly<Record<string, unknown>>;
  readonly midpoint_timestamp: readonly number[];
  readonly bin_timestamps: readonly number[][];
}

const fixtures: Record<string, Fixture> = JSON.parse(
  readFileSync(new URL("testdata/temporal_bins.json", import.meta.url), "utf8"),
);

const timestamp = (date: Date) => [date.getUTCDate(), date.getUTCMonth(), date.getUTCFullYear()];

for (const [range, fixture] of Object.entries(fixtures)) {
  const [start = "", end = ""] = range.split("/");
  const window = { start, end };

  test(`framesOf() cuts ${range} as rs-embed does, and datesOf() dates it`, () => {
    const frames = framesOf(window, "multi");
    assert.deepEqual(frames.map((frame) => [frame!.start, frame!.end]), fixture.bins);
    assert.deepEqual(datesOf(frames, true).map(timestamp), fixture.bin_timestamps);
    assert.deepEqual(samplingMeta(frames), fixture.sampling_meta);

    const auto = framesOf(window, "auto");
    assert.equal(isSeries(auto.length, "auto") ? "multi" : "single", fixture.auto_mode);
    assert.deepEqual(auto, frames);

    const single = framesOf(window, "single");
    assert.deepEqual(single, [window]);
    assert.deepEqual(datesOf(single, false).map(timestamp), [fixture.midpoint_timestamp]);
  });
}

test("framesOf() makes one frame where no time was asked for", () => {
  for (const mode of ["auto", "single", "multi"] as const) {
    assert.deepEqual(framesOf(null, mode), [null]);
  }
});

test("datesOf() refuses to guess", () => {
  assert.throws(
    () => datesOf([dateRange("2022-06-01", "2022-07-01"), null], true),
    (error) => isRsembedError(error, "spec") && /frame 2.*give a time/.test(error.message),
  );
});

test("dayNumber() counts years of 365.25 days and leaves leap days out", () => {
  const day = (text: string) => dayNumber(new Date(text));
  assert.equal(day("2000-01-01"), 0);
  assert.equal(day("2001-01-01"), 365.25);
  assert.equal(day("2022-12-31"), 22 * 365.25 + 364);
  assert.equal(day("2020-02-29"), day("2020-03-01"));
});

test("samplingMeta() claims no rule for frames that were given, not cut", () => {
  const day = dateRange("2022-06-01", "2022-06-02");
  assert.deepEqual(samplingMeta([day, dateRange("2022-07-15", "2022-08-01")]), {});
  assert.deepEqual(samplingMeta([day, null]), {});
});
