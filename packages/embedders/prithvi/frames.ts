/**
 * How a window is cut into frames.
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

/** Largest distance of frames that the weights were trained on, days. */
const longestGapDays = 184;

/** `single` never cuts a window; `auto` and `multi` do. */
export type TemporalMode = "auto" | "single" | "multi";

/** What decides the frames of a window. */
export interface FrameChoice {
  readonly mode: TemporalMode;
  /** Fixes the number of frames; `null` leaves it to the window. */
  readonly count: number | null;
  /** Most frames that are chosen without being asked for. */
  readonly most: number;
  /** Days of the window for each frame. */
  readonly strideDays: number;
}

/**
 * The frames of a window: one for every `strideDays` of it, at most `most` and at least one, in equal bins.
 *
 * Source: rs-embed, `onthefly_prithvi.py`.
 *
 * @param window `null` where no time was asked for: one frame of whatever date there is
 * @throws {RsembedError} `spec` if several frames are asked for without a window, or more than it has days
 */
export function framesOf(
  window: TimeRange | null,
  { mode, count, most, strideDays }: FrameChoice,
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
  const days = Math.floor(
    (parseDate(window.end, "end") - parseDate(window.start, "start")) / dayMs,
  );
  return equalBins(window, count ?? Math.max(1, Math.min(most, Math.floor(days / strideDays))));
}

/** How the frames came about, under rs-embed's names. */
export function framesMeta(
  times: readonly (TimeRange | null)[],
  kept: readonly number[],
): Readonly<Record<string, unknown>> {
  const dates = kept.map((frame) => {
    const time = times[frame];
    return time ? formatDate(midpointMs(time)) : null;
  });
  const meta = { num_frames: kept.length, requested_frames: times.length };
  if (times.length === 1) return { ...meta, temporal_mode: "single", coords_date: dates[0] };
  const known = dates.filter((date) => date !== null).map((date) => parseDate(date)).sort((a, b) =>
    a - b
  );
  const gaps = known.slice(1).map((date, i) => (date - known[i]!) / dayMs);
  const gap = Math.max(0, ...gaps);
  return {
    ...meta,
    temporal_mode: "multi",
    frame_dates: dates,
    max_frame_gap_days: gap,
    ...(gap > longestGapDays ? { temporal_spacing_out_of_range: true } : {}),
  };
}
