/**
 * How a window is cut into frames, and on which day of the year each is.
 *
 * @module
 */

import {
  dayMs,
  equalBins,
  formatDate,
  midpointMs,
  parseDate,
  RsembedError,
  type TimeRange,
} from "@rsembed/core";

/** Last day that the encoder knows, counted from 0: a leap year's last day is taken for the one before. */
export const lastDay = 364;

/**
 * The frames of a window: `count` equal bins. Where it has fewer days than that, bins of a day overlap.
 *
 * Source: rs-embed, `tools/temporal.py`.
 *
 * @param window `null` where no time was asked for: one frame of whatever date there is
 */
export function framesOf(window: TimeRange | null, count: number): (TimeRange | null)[] {
  if (window === null) return [null];
  const start = parseDate(window.start, "start");
  const days = Math.floor((parseDate(window.end, "end") - start) / dayMs);
  if (days >= count) return equalBins(window, count);
  if (days < 1) return new Array<TimeRange>(count).fill(window);
  const edge = (i: number) => start + Math.floor(days * i / count) * dayMs;
  return Array.from({ length: count }, (_, i) => ({
    start: i === 0 ? window.start : formatDate(edge(i)),
    end: i === count - 1 ? window.end : formatDate(Math.max(edge(i + 1), edge(i) + dayMs)),
  }));
}

/**
 * Day of the year of each frame, 0 to 364: that of its middle.
 *
 * @param day 1 to 366 forces one day on all frames
 * @throws {RsembedError} `spec` if the date of a frame is unknown and no day is given
 */
export function daysOf(times: readonly (TimeRange | null)[], day: number | null): number[] {
  return times.map((time, i) => {
    if (day !== null) return Math.min(lastDay, day - 1);
    if (time === null) {
      throw new RsembedError(
        "spec",
        `Cannot tell the day of frame ${
          i + 1
        }: its date is unknown, give a time or the option day_of_year`,
        { facts: { field: "temporal", value: null } },
      );
    }
    const middle = midpointMs(time);
    const firstDay = Date.UTC(new Date(middle).getUTCFullYear(), 0, 1);
    return Math.min(lastDay, Math.floor((middle - firstDay) / dayMs));
  });
}
