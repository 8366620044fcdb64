import { equalBins, formatDate, isRsembedError, midpointMs } from "@rsembed/core";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { yearDayOf } from "./coordinates.ts";
import { framesMeta, framesOf, type TemporalMode } from "./frames.ts";

interface Fixture {
  readonly start: string;
  readonly end: string;
  readonly model_config: { readonly temporal_mode?: TemporalMode; readonly max_frames?: number };
  readonly bins: readonly [string, string][];
  readonly frame_dates: readonly string[];
  readonly temporal_coords: readonly [number, number][];
  readonly max_frame_gap_days?: number;
  readonly temporal_spacing_out_of_range?: boolean;
}

const fixtures: Fixture[] = JSON.parse(
  readFileSync(new URL("testdata/temporal.json", import.meta.url), "utf8"),
);
const auto = { mode: "auto", count: null, most: 4, strideDays: 28 } as const;

for (const fixture of fixtures) {
  const { start, end, model_config: { temporal_mode = "auto", max_frames = 4 } } = fixture;
  test(`framesOf() cuts ${start}/${end} as rs-embed does, ${temporal_mode}, ${max_frames}`, () => {
    const frames = framesOf({ start, end }, { ...auto, mode: temporal_mode, most: max_frames });
    assert.deepEqual(frames.map((frame) => [frame!.start, frame!.end]), fixture.bins);
    assert.deepEqual(frames.map((frame) => formatDate(midpointMs(frame!))), fixture.frame_dates);
    assert.deepEqual(frames.map((frame) => yearDayOf(frame!)), fixture.temporal_coords);
    const meta = framesMeta(frames, frames.map((_, i) => i));
    if (frames.length === 1) assert.equal(meta.coords_date, fixture.frame_dates[0]);
    else {
      assert.deepEqual(meta.frame_dates, fixture.frame_dates);
      assert.equal(meta.max_frame_gap_days, fixture.max_frame_gap_days);
      assert.equal(meta.temporal_spacing_out_of_range, fixture.temporal_spacing_out_of_range);
    }
  });
}

test("framesOf() obeys the mode, the number of frames and the stride", () => {
  const year = { start: "2022-01-01", end: "2023-01-01" };
  assert.deepEqual(framesOf(year, { ...auto, mode: "single" }), [year]);
  assert.deepEqual(framesOf(year, { ...auto, count: 7 }), equalBins(year, 7));
  assert.equal(framesOf(year, { ...auto, strideDays: 122 }).length, 2);
  assert.deepEqual(framesOf(null, auto), [null]);
  assert.throws(
    () => framesOf(null, { ...auto, count: 2 }),
    (error) => isRsembedError(error, "spec") && error.facts.field === "temporal",
  );
  assert.throws(
    () => framesOf({ start: "2022-01-01", end: "2022-01-03" }, { ...auto, count: 4 }),
    (error) => isRsembedError(error, "spec"),
  );
});

test("framesMeta() speaks of the frames that were kept, and of unknown dates", () => {
  const [a, b, c] = equalBins({ start: "2022-01-01", end: "2023-01-01" }, 3);
  assert.deepEqual(framesMeta([a!, b!, c!], [0, 2]), {
    num_frames: 2,
    requested_frames: 3,
    temporal_mode: "multi",
    frame_dates: ["2022-03-02", "2022-11-01"],
    max_frame_gap_days: 244,
    temporal_spacing_out_of_range: true,
  });
  assert.equal(framesMeta([null], [0]).coords_date, null);
  assert.equal(framesMeta([null, null], [0, 1]).max_frame_gap_days, 0);
});

test("yearDayOf() counts the days of a year from 1, leap days with them", () => {
  const day = (date: string) => yearDayOf({ start: `${date}T00:00`, end: `${date}T12:00` });
  assert.deepEqual(day("2023-01-01"), [2023, 1]);
  assert.deepEqual(day("2020-12-31"), [2020, 366]);
  assert.deepEqual(day("2021-12-31"), [2021, 365]);
});
