/**
 * How many frames a window gives by itself.
 *
 * @module
 */

import { dayMs, equalBins, formatDate, parseDate, type TimeRange } from "@rsembed/core";

/** Length of bins, days. */
const strideDays = 30;
/** Most bins. */
const maxBins = 12;

/** How many frames a window gives by itself, and where they lie. */
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
 * Source: rs-embed, `tools/temporal.py`.
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
    start: i === 0 ? window.start : edge(i),
    end: i === count - 1 ? window.end : edge(i + 1),
  }));
  return { bins, stretched: false };
}
