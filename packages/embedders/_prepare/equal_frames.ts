/**
 * A fixed number of frames of a window.
 *
 * @module
 */

import { dayMs, equalBins, formatDate, parseDate, type TimeRange } from "@rsembed/core";

/**
 * The frames of a window: `count` equal bins. Where it has fewer days than that, bins of a day overlap.
 *
 * Source: rs-embed, `tools/temporal.py`.
 *
 * @param window `null` where no time was asked for: one frame of whatever date there is
 */
export function equalFrames(window: TimeRange | null, count: number): (TimeRange | null)[] {
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
