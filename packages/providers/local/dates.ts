/**
 * When a file was taken.
 *
 * @module
 */

import { formatDate, isRsembedError, parseDate } from "@rsembed/core";

/** Keys of GDAL metadata that hold a time of acquisition, best first, lower case. */
const acquisitionKeys = [
  "acquisition_date",
  "acquisitiondate",
  "acquisition_datetime",
  "sensing_time",
  "sensing_date",
  "datetime",
  "date_acquired",
  "date",
  "product_start_time",
  "datatake_1_datatake_sensing_start",
  "timestamp",
];

/** The day of a text that starts with a date, `YYYY-MM-DD`, or `null`. */
function dayOf(text: string): string | null {
  const match = /^\s*(\d{4})[-:/]?(\d{2})[-:/]?(\d{2})(?!\d)/.exec(text);
  return match ? checkedDay(match[1]!, match[2]!, match[3]!) : null;
}

function checkedDay(year: string, month: string, day: string): string | null {
  try {
    return formatDate(parseDate(`${year}-${month}-${day}`));
  } catch (error) {
    if (isRsembedError(error, "spec")) return null;
    throw error;
  }
}

/**
 * The first date in a file's name: `2022-06-15`, `2022_06_15` or `20220615`, the latter also followed
 * by a time as in names of Sentinel-2 products; `null` where there is none.
 *
 * @example
 * ```ts
 * import { dayInName } from "@rsembed/providers/local";
 * import assert from "node:assert/strict";
 *
 * assert.equal(dayInName("T32VNJ_20220615T103629_B04.tif"), "2022-06-15");
 * assert.equal(dayInName("38D_378R_2_3.tif"), null);
 * ```
 */
export function dayInName(name: string): string | null {
  const pattern = /(?<!\d)((?:19|20)\d{2})([-_.]?)([01]\d)\2([0-3]\d)(?!\d)/g;
  for (const match of name.matchAll(pattern)) {
    const day = checkedDay(match[1]!, match[3]!, match[4]!);
    if (day !== null) return day;
  }
  return null;
}

/** What may tell the date of a file. */
export interface DateClues {
  /** `date` of the sidecar. */
  readonly sidecar: string | null;
  /** Items of the GDAL metadata. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Base name of the file. */
  readonly name: string;
  /** The tag DateTime, `YYYY:MM:DD HH:MM:SS`. */
  readonly dateTime: string | null;
  /** The provider's setting. */
  readonly setting: string | null;
}

/**
 * The day a file was taken, from the surest clue there is: the sidecar, an acquisition time in the
 * metadata, the name, the tag DateTime (which some programs set to the time of processing), the setting.
 */
export function acquisitionDay(clues: DateClues): string | null {
  if (clues.sidecar !== null) return clues.sidecar;
  const lower = new Map(
    Object.entries(clues.metadata).map(([key, value]) => [key.toLowerCase(), value]),
  );
  for (const key of acquisitionKeys) {
    const day = dayOf(lower.get(key) ?? "");
    if (day !== null) return day;
  }
  return dayInName(clues.name) ?? dayOf(clues.dateTime ?? "") ?? clues.setting;
}
