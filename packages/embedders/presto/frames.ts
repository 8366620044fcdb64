/**
 * How a window is cut into frames, and which month each is.
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

/** Length of a frame, days. */
const strideDays = 30;

/** What decides the frames of a window. */
export interface FrameChoice {
  /** Fixes the number of frames; `null` leaves it to the window. */
  readonly count: number | null;
  /** Most frames that are chosen without being asked for. */
  readonly most: number;
}

/**
 * The frames of a window: steps of 30 days from its start, the last one with what is left over; where there would be
 * more than `most`, that many equal ones.
 *
 * Source: nasaharvest/presto, `presto/dataops`, whose steps leave the rest out.
 *
 * @param window `null` where no time was asked for: one frame of whatever date there is
 * @throws {RsembedError} `spec` if several frames are asked for without a window, or more than it has days
 */
export function framesOf(
  window: TimeRange | null,
  { count, most }: FrameChoice,
): readonly (TimeRange | null)[] {
  if (window === null) {
    if (count !== null && count > 1) {
      throw new RsembedError(
        "spec",
        `Cannot cut ${count} frames: there is no time range to cut, give one`,
        { facts: { field: "temporal", value: null } },
      );
    }
    return [null];
  }
  const start = parseDate(window.start, "start");
  const days = Math.floor((parseDate(window.end, "end") - start) / dayMs);
  const steps = Math.max(1, Math.floor(days / strideDays));
  if (count !== null) return equalBins(window, count);
  if (steps > most) return equalBins(window, most);
  const edge = (i: number) => formatDate(start + i * strideDays * dayMs);
  return Array.from({ length: steps }, (_, i) => ({
    start: i === 0 ? window.start : edge(i),
    end: i === steps - 1 ? window.end : edge(i + 1),
  }));
}

/** Which day of a frame tells its month. */
export type MonthOf = "midpoint" | "start";

/**
 * Month of each frame, 0 to 11.
 *
 * @param month 1 to 12 forces one month on all frames
 * @throws {RsembedError} `spec` if the date of a frame is unknown and no month is given
 */
export function monthsOf(
  times: readonly (TimeRange | null)[],
  { month, monthOf }: { month: number | null; monthOf: MonthOf },
): number[] {
  return times.map((time, i) => {
    if (month !== null) return month - 1;
    if (time === null) {
      throw new RsembedError(
        "spec",
        `Cannot tell the month of frame ${
          i + 1
        }: its date is unknown, give a time or the option month`,
        { facts: { field: "temporal", value: null } },
      );
    }
    return new Date(monthOf === "start" ? parseDate(time.start) : midpointMs(time)).getUTCMonth();
  });
}
