/**
 * On which day of the year each frame is.
 *
 * @module
 */

import { dayMs, midpointMs, RsembedError, type TimeRange } from "@rsembed/core";

/** Last day that the encoder knows, counted from 0: a leap year's last day is taken for the one before. */
export const lastDay = 364;

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
