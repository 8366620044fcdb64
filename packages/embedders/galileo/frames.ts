/**
 * How a window is cut into frames, and which month each frame is.
 *
 * @module
 */

import {
  dayMs,
  equalBins,
  formatDate,
  midpointMs,
  parseDate,
  roundHalfEven,
  RsembedError,
  type TimeRange,
} from "@rsembed/core";

/** Length of the bins that decide how many frames there are, days. */
const strideDays = 30;
/** Most frames that are chosen without being asked for. */
const maxBins = 12;

/** `single` never cuts a window; `auto` and `multi` cut one of more than 30 days. */
export type TemporalMode = "auto" | "single" | "multi";

/** How many frames a window gives by itself, and where they would lie. */
export interface Sampling {
  /** 30-day bins from the start, the last one shorter; or equal bins where stretched. */
  readonly bins: readonly TimeRange[];
  /** Whether 12 bins of 30 days would have missed 30 days or more of the window. */
  readonly stretched: boolean;
}

/**
 * Bins of 30 days from the start of a window, at most 12. Where those would miss 30 days or more at its
 * end, 12 equal bins.
 *
 * Source: rs-embed, `onthefly_galileo.py`.
 */
export function samplingOf(window: TimeRange): Sampling {
  const start = parseDate(window.start, "start");
  const days = Math.floor((parseDate(window.end, "end") - start) / dayMs);
  const count = Math.max(1, Math.ceil(days / strideDays));
  if (count === 1) return { bins: [window], stretched: false };
  if (days - maxBins * strideDays >= strideDays) {
    return { bins: equalBins(window, maxBins), stretched: true };
  }
  const edge = (i: number) => formatDate(start + i * strideDays * dayMs);
  const bins = Array.from({ length: Math.min(count, maxBins) }, (_, i) => ({
    start: edge(i),
    end: i === count - 1 ? window.end : edge(i + 1),
  }));
  return { bins, stretched: false };
}

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
