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

/** A day of the calendar, as the encoder is told it. */
export interface CalendarDay {
  /** 1 to 31. */
  readonly day: number;
  /** 0 to 11. */
  readonly month: number;
  /** With the century. */
  readonly year: number;
}

/**
 * The day of each frame: its first where it is one of a series, else that of its middle.
 *
 * @throws {RsembedError} `spec` if the date of a frame is unknown
 */
export function daysOf(times: readonly (TimeRange | null)[], series: boolean): CalendarDay[] {
  return times.map((time, i) => {
    if (time === null) {
      throw new RsembedError(
        "spec",
        `Cannot tell the month of frame ${i + 1}: its date is unknown, give a time`,
        { facts: { field: "temporal", value: null } },
      );
    }
    const date = new Date(series ? parseDate(time.start) : midpointMs(time));
    return { day: date.getUTCDate(), month: date.getUTCMonth(), year: date.getUTCFullYear() };
  });
}

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30] as const;

/**
 * Days since 2000 as the encoder counts them: years of 365.25 days, and no leap day in them.
 *
 * Source: allenai/olmoearth_pretrain, `nn/encodings.py`.
 */
export function dayNumber({ day, month, year }: CalendarDay): number {
  const before = monthDays.slice(0, month).reduce((sum: number, days) => sum + days, 0);
  return (year - 2000) * 365.25 + before + day - 1;
}

/** How a window was cut, under rs-embed's names. */
export function samplingMeta(window: TimeRange): Readonly<Record<string, unknown>> {
  const { bins, stretched } = samplingOf(window);
  if (!stretched) return { temporal_sampling: "fixed_stride", temporal_spacing_stretched: false };
  const days = (parseDate(window.end) - parseDate(window.start)) / dayMs;
  return {
    temporal_sampling: "equal_divided",
    temporal_spacing_stretched: true,
    effective_stride_days: roundHalfEven(days / bins.length),
  };
}
