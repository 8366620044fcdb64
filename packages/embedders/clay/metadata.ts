/**
 * Dates and places as Clay is told them.
 *
 * Source: version 1.5: rs-embed, `onthefly_clay.py`; Clay-foundation/model, `claymodel/datamodule.py`. Version 0:
 * `src/datamodule.py` at v0.0.1.
 *
 * @module
 */

import { dayMs } from "@rsembed/core";
import type { LonLat } from "../_prepare/grid_center.ts";

const turn = 2 * Math.PI;
const degree = Math.PI / 180;

/** Week of the year of a date by ISO 8601, 1 to 53: that with the year's first Thursday is the first. */
export function isoWeek(dateMs: number): number {
  const day = Math.floor(dateMs / dayMs) * dayMs;
  const weekday = (new Date(day).getUTCDay() + 6) % 7;
  const thursday = day + (3 - weekday) * dayMs;
  const first = Date.UTC(new Date(thursday).getUTCFullYear(), 0, 1);
  return 1 + Math.floor((thursday - first) / (7 * dayMs));
}

/** Sine and cosine of the week, then of the hour. */
export function weekAndHour(dateMs: number, hour: number): [number, number, number, number] {
  const week = turn * isoWeek(dateMs) / 52;
  const time = turn * hour / 24;
  return [Math.sin(week), Math.cos(week), Math.sin(time), Math.cos(time)];
}

/** Sine and cosine of the latitude, then of the longitude. */
export function latLon({ lat, lon }: LonLat): [number, number, number, number] {
  const [north, east] = [lat * degree, lon * degree];
  return [Math.sin(north), Math.cos(north), Math.sin(east), Math.cos(east)];
}

/** Year, month and day as version 0 is told them: the cosine comes before the sine, as it was trained. */
export function timestepV0(dateMs: number): [number, number, number] {
  const date = new Date(dateMs);
  const parts = [
    (date.getUTCFullYear() - 2012) / 18,
    date.getUTCMonth() / 11,
    (date.getUTCDate() - 1) / 30,
  ];
  return parts.map((part) => Math.atan2(Math.cos(turn * part), Math.sin(turn * part))) as [
    number,
    number,
    number,
  ];
}

/** Latitude and longitude as version 0 is told them. */
export function latLonV0({ lat, lon }: LonLat): [number, number] {
  const [north, east] = [lat * degree, lon * degree];
  return [Math.sin(north), Math.atan2(Math.cos(east), Math.sin(east))];
}
