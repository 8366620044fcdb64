/**
 * How a window is cut into frames, and on which day each is.
 *
 * @module
 */

import {
  dayMs,
  midpointMs,
  parseDate,
  roundHalfEven,
  RsembedError,
  type TimeRange,
} from "@rsembed/core";
import { samplingOf } from "../_prepare/sampling.ts";

/** Most frames that the encoder takes. */
export const mostFrames = 12;

/** `single` never cuts a window, `multi` cuts it in bins of 30 days, `auto` cuts where there are two or more. */
export type TemporalMode = "auto" | "single" | "multi";

/**
 * The frames of a window.
 *
 * @param window `null` where no time was asked for: one frame of whatever date there is
 */
export function framesOf(
  window: TimeRange | null,
  mode: TemporalMode,
): readonly (TimeRange | null)[] {
  return window === null || mode === "single" ? [window] : samplingOf(window).bins;
}

/** Whether frames are bins of a series; else there is one image of the whole window. */
export function isSeries(frames: number, mode: TemporalMode): boolean {
  return mode === "multi" || frames > 1;
}

/**
 * The day of each frame: its first where it is one of a series, else that of its middle.
 *
 * @throws {RsembedError} `spec` if the date of a frame is unknown
 */
export function datesOf(times: readonly (TimeRange | null)[], series: boolean): Date[] {
  return times.map((time, i) => {
    if (time === null) {
      throw new RsembedError(
        "spec",
        `Cannot tell the month of frame ${i + 1}: its date is unknown, give a time`,
        { facts: { field: "temporal", value: null } },
      );
    }
    return new Date(series ? parseDate(time.start) : midpointMs(time));
  });
}

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30] as const;

/**
 * Days since 2000 as the encoder counts them: years of 365.25 days, and no leap day in them.
 *
 * Source: allenai/olmoearth_pretrain, `nn/encodings.py`.
 */
export function dayNumber(date: Date): number {
  const before = monthDays.slice(0, date.getUTCMonth())
    .reduce((sum: number, days) => sum + days, 0);
  return (date.getUTCFullYear() - 2000) * 365.25 + before + date.getUTCDate() - 1;
}

/** How the frames of a series were cut, under rs-embed's names; nothing for frames that were given. */
export function samplingMeta(
  times: readonly (TimeRange | null)[],
): Readonly<Record<string, unknown>> {
  const [first, last] = [times[0], times.at(-1)];
  if (!first || !last) return {};
  const window = { start: first.start, end: last.end };
  const { bins, stretched } = samplingOf(window);
  const cut = bins.length === times.length &&
    bins.every(({ start, end }, i) => start === times[i]?.start && end === times[i]?.end);
  if (!cut) return {};
  if (!stretched) return { temporal_sampling: "fixed_stride", temporal_spacing_stretched: false };
  const days = (parseDate(window.end) - parseDate(window.start)) / dayMs;
  return {
    temporal_sampling: "equal_divided",
    temporal_spacing_stretched: true,
    effective_stride_days: roundHalfEven(days / bins.length),
  };
}
