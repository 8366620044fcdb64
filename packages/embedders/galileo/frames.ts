/**
 * How a window is cut into frames, and which month each frame is.
 *
 * @module
 */

import {
  dayMs,
  equalBins,
  midpointMs,
  parseDate,
  roundHalfEven,
  RsembedError,
  type TimeRange,
} from "@rsembed/core";
import { samplingOf } from "../_prepare/sampling.ts";

/** `single` never cuts a window; `auto` and `multi` cut one of more than 30 days. */
export type TemporalMode = "auto" | "single" | "multi";

/** What decides the frames of a window. */
export interface FrameChoice {
  readonly mode: TemporalMode;
  /** Fixes the number of frames; `null` leaves it to the window. */
  readonly count: number | null;
}

/**
 * The frames of a window: as many as {@linkcode samplingOf} has bins, in equal bins over the whole window.
 *
 * @param window `null` where no time was asked for: one frame of whatever date there is
 * @throws {RsembedError} `spec` if several frames are asked for without a window, or more than it has days
 */
export function framesOf(
  window: TimeRange | null,
  { mode, count }: FrameChoice,
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
  if (mode === "single") return [window];
  return equalBins(window, count ?? samplingOf(window).bins.length);
}

/**
 * Month of each frame, 0 to 11: that of its middle.
 *
 * @param month 1 to 12 forces one month on all frames
 * @throws {RsembedError} `spec` if the date of a frame is unknown and no month is given
 */
export function monthsOf(
  times: readonly (TimeRange | null)[],
  month: number | null,
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
    return new Date(midpointMs(time)).getUTCMonth();
  });
}

/**
 * How the frames came about, under rs-embed's names. `temporal_sampling` names the rule that chose their
 * number; the frames themselves are equal bins.
 */
export function samplingMeta(
  times: readonly (TimeRange | null)[],
  count: number | null,
): Readonly<Record<string, unknown>> {
  const [first] = times;
  const last = times.at(-1);
  if (times.length === 1) {
    return {
      temporal_mode: "single",
      temporal_sampling: "single",
      temporal_spacing_stretched: false,
    };
  }
  const meta = { temporal_mode: "multi", temporal_sampling: "equal_divided" };
  if (!first || !last || count !== null) return { ...meta, temporal_spacing_stretched: false };
  const window = { start: first.start, end: last.end };
  const { bins, stretched } = samplingOf(window);
  if (!stretched) {
    return {
      ...meta,
      ...(bins.length === times.length ? { temporal_sampling: "fixed_stride" } : {}),
      temporal_spacing_stretched: false,
    };
  }
  const days = (parseDate(window.end) - parseDate(window.start)) / dayMs;
  return {
    ...meta,
    temporal_spacing_stretched: true,
    effective_stride_days: roundHalfEven(days / times.length),
  };
}
