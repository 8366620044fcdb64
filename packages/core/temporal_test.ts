import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import {
  calendarYear,
  dateRange,
  dayMs,
  equalBins,
  formatDate,
  isRsembedError,
  midpointMs,
  parseDate,
  type TemporalSpec,
  validateTemporal,
} from "./mod.ts";

interface Fixture {
  readonly start: string;
  readonly end: string;
  readonly n: number;
  readonly bins: readonly (readonly [string, string])[];
}

const { equal }: { equal: readonly Fixture[] } = JSON.parse(
  await readFile(new URL("./testdata/temporal.json", import.meta.url), "utf8"),
);
const isSpec = (error: unknown) => isRsembedError(error, "spec");

for (const { start, end, n, bins } of equal) {
  const days = (parseDate(end) - parseDate(start)) / dayMs;
  if (n <= days) {
    test(`equalBins() cuts ${start}/${end} into ${n} as rs-embed does`, () => {
      assert.deepEqual(equalBins({ start, end }, n).map((bin) => [bin.start, bin.end]), bins);
    });
  } else {
    test(`equalBins() refuses ${n} bins of ${days} days, which rs-embed repeats`, () => {
      assert.throws(() => equalBins({ start, end }, n), isSpec);
    });
  }
}

test("equalBins() covers a window without gap or overlap, whatever the count", () => {
  const range = { start: "2019-12-30", end: "2020-03-02" };
  for (let count = 1; count <= 63; count++) {
    const bins = equalBins(range, count);
    assert.equal(bins.length, count);
    assert.equal(bins[0]!.start, range.start);
    assert.equal(bins.at(-1)!.end, range.end);
    bins.forEach(({ start, end }, i) => {
      assert.ok(parseDate(start) < parseDate(end));
      if (i > 0) assert.equal(bins[i - 1]!.end, start);
    });
  }
  for (const count of [0, -1, 1.5, NaN, 64]) {
    assert.throws(() => equalBins(range, count), isSpec, `${count}`);
  }
});

test("parseDate() reads dates and instants, in UTC unless they name a zone", () => {
  assert.equal(parseDate("1970-01-02"), dayMs);
  assert.equal(parseDate("1970-01-01T01:00"), 3_600_000);
  assert.equal(parseDate("1970-01-01T01:00:00Z"), 3_600_000);
  assert.equal(parseDate("1970-01-01T01:00:00+01:00"), 0);
  assert.equal(parseDate("1970-01-01T00:00:00.250"), 250);
  assert.equal(formatDate(parseDate("2020-02-29")), "2020-02-29");
});

test("parseDate() refuses days that are not in the calendar", () => {
  const wrong = ["2022-02-30", "2021-02-29", "2022-13-01", "2022-00-01", "2022-06-31T10:00Z"];
  for (
    const text of [...wrong, "2022-06-01T25:00", "June 2022", "2022", "2022-6-1", "", " 2022-06-01"]
  ) {
    assert.throws(() => parseDate(text), isSpec, text);
  }
});

test("dateRange() refuses an empty window", () => {
  assert.deepEqual(dateRange("2022-06-01", "2022-06-02"), {
    mode: "range",
    start: "2022-06-01",
    end: "2022-06-02",
  });
  assert.throws(() => dateRange("2022-06-01", "2022-06-01"), isSpec);
  assert.throws(() => dateRange("2022-06-02", "2022-06-01"), isSpec);
  // the same instant in two zones
  assert.throws(() => dateRange("2022-06-01T01:00+01:00", "2022-06-01T00:00Z"), isSpec);
});

test("calendarYear() ends where the next one starts", () => {
  assert.deepEqual(calendarYear(2022), {
    mode: "year",
    year: 2022,
    start: "2022-01-01",
    end: "2023-01-01",
  });
  assert.equal(calendarYear(999).end, calendarYear(1000).start);
  for (const year of [0, 9999, 2022.5, NaN]) assert.throws(() => calendarYear(year), isSpec);
});

test("validateTemporal() makes the window of a year anew", () => {
  const forged: TemporalSpec = { mode: "year", year: 2022, start: "1900-01-01", end: "2100-01-01" };
  assert.deepEqual(validateTemporal(forged), calendarYear(2022));
  assert.throws(() => validateTemporal({ mode: "range" } as TemporalSpec), isSpec);
});

test("midpointMs() is the middle of a window", () => {
  assert.equal(midpointMs({ start: "1970-01-01", end: "1970-01-03" }), dayMs);
});
