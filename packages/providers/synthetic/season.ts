/**
 * The year of plants.
 *
 * @module
 */

import { cosine } from "./positions.ts";

/** Steps of crop calendars in a table. */
const steps = 32;
/** How far the earliest crops are ahead of grass, and the latest behind it, shares of a year. */
const spread = 0.16;

/** How green the plants of one day are, by latitude. */
export interface Season {
  /** Greenness of grass and woods in the north, 0 to 1. */
  readonly north: number;
  /** Greenness of crops in the north, by step of the calendar. */
  readonly crops: Float64Array;
}

function northern(yearShare: number): number {
  return 0.5 - 0.5 * cosine(360 * (yearShare - Math.floor(yearShare)));
}

/** The season of a day since 1970. */
export function seasonOf(day: number): Season {
  // the greenest day is in the middle of July
  const share = (day - 12) / 365.25;
  return {
    north: northern(share),
    crops: Float64Array.from(
      { length: steps },
      (_, i) => northern(share + spread * ((2 * i + 1) / steps - 1)),
    ),
  };
}

/** Step of a crop calendar that runs from -1 to 1. */
export function calendarStep(calendar: number): number {
  return Math.max(0, Math.min(steps - 1, Math.floor(((calendar + 1) / 2) * steps)));
}

/** Greenness of a latitude, 0 to 1, from that of the north: hemispheres apart, tropics always green. */
export function greenAt(north: number, lat: number): number {
  const strength = Math.min(1, Math.abs(lat) / 45);
  return 1 - 0.95 * strength * (lat >= 0 ? 1 - north : north);
}
