import { dayMs, parseDate } from "@rsembed/core";
import assert from "node:assert/strict";
import { test } from "node:test";
import { samplingOf } from "./sampling.ts";

const from = (days: number) => ({
  start: "2021-03-15",
  end: new Date(Date.UTC(2021, 2, 15 + days)).toISOString().slice(0, 10),
});

test("samplingOf() cuts bins of 30 days one after another, and misses less than 30 days", () => {
  for (let days = 1; days < 900; days += 7) {
    const window = from(days);
    const { bins, stretched } = samplingOf(window);
    assert.equal(bins[0]!.start, window.start);
    for (let i = 1; i < bins.length; i++) assert.equal(bins[i]!.start, bins[i - 1]!.end);
    const missed = (parseDate(window.end) - parseDate(bins.at(-1)!.end)) / dayMs;
    assert(missed >= 0 && missed < 30, `${missed} of ${days} days`);
    assert.equal(stretched, days >= 390);
    assert.equal(bins.length, Math.min(12, Math.ceil(days / 30)));
  }
});

test("samplingOf() keeps the hours that a window starts and ends at", () => {
  const window = { start: "2022-06-01T06:00", end: "2022-07-12T18:00" };
  assert.deepEqual(samplingOf(window).bins, [
    { start: window.start, end: "2022-07-01" },
    { start: "2022-07-01", end: window.end },
  ]);
});
