/**
 * Time windows. All are half-open, `[start, end)`, in UTC.
 *
 * @module
 */

import { RsembedError } from "./errors.ts";

/** A half-open window of dates, `[start, end)`, ISO `YYYY-MM-DD` or full ISO instants. */
export interface TimeRange {
  /** First moment of the window. */
  readonly start: string;
  /** First moment after the window. */
  readonly end: string;
}

/** A calendar year or a range, always with its explicit window. */
export type TemporalSpec =
  | (TimeRange & { readonly mode: "year"; readonly year: number })
  | (TimeRange & { readonly mode: "range" });

/** Milliseconds of a day. */
export const dayMs = 86_400_000;

const isoDate = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?$/;

/**
 * Milliseconds since 1970 of an ISO date or instant; a date is its first moment, and an instant
 * without a zone is UTC.
 *
 * @throws {RsembedError} `spec` if the text is no date of the calendar
 */
export function parseDate(text: string, field = "date"): number {
  const refuse = (state: string): never => {
    throw new RsembedError("spec", `Cannot read ${field} "${text}": ${state}`, {
      facts: { field, value: text },
    });
  };
  if (!isoDate.test(text)) refuse("it is not an ISO date such as 2022-06-01");
  const zoned = text.length > 10 && !/(Z|[+-]\d{2}:\d{2})$/.test(text) ? `${text}Z` : text;
  const ms = Date.parse(zoned);
  // Date.parse rolls some impossible days over to the next month
  const day = Date.parse(text.slice(0, 10));
  if (Number.isNaN(ms) || Number.isNaN(day) || formatDate(day) !== text.slice(0, 10)) {
    refuse("there is no such day");
  }
  return ms;
}

/** `YYYY-MM-DD` of a time in milliseconds, UTC. */
export function formatDate(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/**
 * The half-open window `[start, end)`.
 *
 * @throws {RsembedError} `spec` if a date is unreadable or the window is empty
 *
 * @example
 * ```ts
 * import { dateRange } from "@rsembed/core";
 * import assert from "node:assert/strict";
 *
 * assert.equal(dateRange("2022-06-01", "2022-09-01").mode, "range");
 * assert.throws(() => dateRange("2022-09-01", "2022-06-01"), /empty/);
 * ```
 */
export function dateRange(start: string, end: string): TemporalSpec {
  if (parseDate(start, "start") >= parseDate(end, "end")) {
    throw new RsembedError(
      "spec",
      `Cannot use the time range ${start}/${end}: it is empty, start must come before end`,
      { facts: { field: "temporal", value: `${start}/${end}` } },
    );
  }
  return { mode: "range", start, end };
}

/**
 * The calendar year `[year-01-01, (year + 1)-01-01)`.
 *
 * @throws {RsembedError} `spec` if the year is not a whole number from 1 to 9998
 */
export function calendarYear(year: number): TemporalSpec {
  if (!Number.isInteger(year) || year < 1 || year > 9998) {
    throw new RsembedError("spec", `Cannot use year ${year}: years run from 1 to 9998`, {
      facts: { field: "year", value: year },
    });
  }
  const first = (y: number) => `${String(y).padStart(4, "0")}-01-01`;
  return { mode: "year", year, start: first(year), end: first(year + 1) };
}

/** Checks a window that came from outside and gives it back in canonical form. */
export function validateTemporal(temporal: TemporalSpec): TemporalSpec {
  return temporal.mode === "year"
    ? calendarYear(temporal.year)
    : dateRange(temporal.start, temporal.end);
}

/**
 * Cuts a window into `count` equal bins of whole days: bin `i` starts at `start + floor(days * i / count)`.
 *
 * Source: rs-embed `frame_bins`, as in `temporal.json` of its interop fixtures.
 *
 * @throws {RsembedError} `spec` if there are more bins than days
 */
export function equalBins(range: TimeRange, count: number): TimeRange[] {
  const start = parseDate(range.start, "start");
  const days = Math.floor((parseDate(range.end, "end") - start) / dayMs);
  if (!Number.isInteger(count) || count < 1 || count > Math.max(1, days)) {
    throw new RsembedError(
      "spec",
      `Cannot cut ${range.start}/${range.end} into ${count} frames: it has ${days} days`,
      { facts: { field: "frames", value: count } },
    );
  }
  if (count === 1) return [{ start: range.start, end: range.end }];
  const edge = (i: number) => formatDate(start + Math.floor((days * i) / count) * dayMs);
  return Array.from({ length: count }, (_, i) => ({
    start: i === 0 ? range.start : edge(i),
    end: i === count - 1 ? range.end : edge(i + 1),
  }));
}

/** The middle of a window, milliseconds since 1970. */
export function midpointMs(range: TimeRange): number {
  return (parseDate(range.start, "start") + parseDate(range.end, "end")) / 2;
}
