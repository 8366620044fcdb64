import { formatDate, isRsembedError, midpointMs, type TimeRange } from "@rsembed/core";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { equalFrames } from "../_prepare/equal_frames.ts";
import { daysOf } from "./frames.ts";

interface Fixture {
  readonly bins: readonly [string, string][];
  readonly midpoints: readonly string[];
  readonly doy0: readonly number[];
}

const fixtures: Readonly<Record<string, Fixture>> = JSON.parse(
  readFileSync(new URL("testdata/dates.json", import.meta.url), "utf8"),
);

for (const [name, { bins, midpoints, doy0 }] of Object.entries(fixtures)) {
  test(`equalFrames() and daysOf() cut and date ${name} as rs-embed does`, () => {
    const [start = "", end = "", count] = name.split("/");
    const frames = equalFrames({ start, end }, Number(count)) as TimeRange[];
    assert.deepEqual(frames.map((frame) => [frame.start, frame.end]), bins);
    assert.deepEqual(frames.map((frame) => formatDate(midpointMs(frame))), midpoints);
    assert.deepEqual(daysOf(frames, null), doy0);
  });
}

test("equalFrames() repeats a window of less than a day, and asks for any date without one", () => {
  const morning = { start: "2022-06-01T08:00:00Z", end: "2022-06-01T12:00:00Z" };
  assert.deepEqual(equalFrames(morning, 3), [morning, morning, morning]);
  assert.deepEqual(equalFrames(null, 3), [null]);
});

test("equalFrames() keeps the hours of the ends of a window of few days", () => {
  const frames = equalFrames({ start: "2022-06-01T08:00:00Z", end: "2022-06-03T12:00:00Z" }, 4);
  assert.equal(frames[0]!.start, "2022-06-01T08:00:00Z");
  assert.equal(frames.at(-1)!.end, "2022-06-03T12:00:00Z");
});

test("daysOf() counts from 0 to 364, the last day of leap years with the one before", () => {
  const day = (date: string) => ({ start: `${date}T00:00`, end: `${date}T12:00` });
  const dates = ["2023-01-01", "2020-12-30", "2020-12-31", "2021-12-31"].map(day);
  assert.deepEqual(daysOf(dates, null), [0, 364, 364, 364]);
});

test("daysOf() takes the day that is forced, and wants one where there is no date", () => {
  assert.deepEqual(daysOf([null, null], 1), [0, 0]);
  assert.deepEqual(daysOf([null], 366), [364]);
  assert.throws(
    () => daysOf([null], null),
    (error) => isRsembedError(error, "spec") && /day_of_year/.test(error.message),
  );
});
