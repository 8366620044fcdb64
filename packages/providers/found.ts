/**
 * What is said of the scenes that were found, or not found.
 *
 * @module
 */

import {
  dayMs,
  formatDate,
  type ImageryRequest,
  parseDate,
  RsembedError,
  type SourceItem,
  type TimeRange,
} from "@rsembed/core";

/** Each scene once, the oldest first. */
export function distinctItems(items: readonly SourceItem[]): SourceItem[] {
  const byId = new Map(items.map((item) => [item.id, item]));
  const order = (item: SourceItem) => `${item.datetime ?? ""} ${item.id}`;
  return [...byId.values()].sort((a, b) => order(a) < order(b) ? -1 : 1);
}

/** From the first day of some scenes to the last; `null` if there are none, or one has no date. */
export function daysOf(datetimes: readonly (string | null)[]): TimeRange | null {
  const times = datetimes.flatMap((datetime) => datetime === null ? [] : [parseDate(datetime)]);
  if (times.length === 0 || times.length < datetimes.length) return null;
  const first = times.reduce((a, b) => Math.min(a, b));
  const last = times.reduce((a, b) => Math.max(a, b));
  return { start: formatDate(first), end: formatDate(last + dayMs) };
}

/** The error where no scene has pixels in a place; `why` is what is known of it, or empty. */
export function noImagery(
  collection: string,
  frames: ImageryRequest["frames"],
  why: string,
): RsembedError {
  const windows = frames.map((frame) => frame ? `${frame.start}/${frame.end}` : "any time");
  const shown = windows.length > 3 ? `${windows[0]} to ${windows.at(-1)}` : windows.join(", ");
  const hint = why === "" ? "" : ` (${why})`;
  return new RsembedError(
    "no-data",
    `Cannot find imagery of the place in ${collection}: no scene has pixels there from ${shown}${hint}, try a longer time range or a higher cloudyPct`,
    { facts: { source: collection } },
  );
}
