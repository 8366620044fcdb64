/**
 * Dates and places as the encoder is told them.
 *
 * Source: `TemporalEncoder` and `LocationEncoder` of Prithvi-EO-2.0, `prithvi_mae.py`.
 *
 * @module
 */

import { dayMs, midpointMs, ndarray, type TimeRange } from "@rsembed/core";
import type { LonLat } from "../_prepare/grid_center.ts";
import type { Tensor } from "../embedder.ts";

/** Year, such as 2022, and day of the year, 1 to 366. */
export type YearDay = readonly [year: number, day: number];

/** The date of a frame, that of its middle. */
export function yearDayOf(time: TimeRange): YearDay {
  const middle = midpointMs(time);
  const year = new Date(middle).getUTCFullYear();
  return [year, Math.floor((middle - Date.UTC(year, 0, 1)) / dayMs) + 1];
}

/** Writes the sines, then the cosines, of a value at `size / 2` frequencies into `out`. */
function encode(value: number, out: Float32Array): void {
  const { fround } = Math;
  const half = out.length / 2;
  for (let k = 0; k < half; k++) {
    // each step rounds to float32, as it did in training: years times frequencies show the difference
    const frequency = fround(1 / fround(10000 ** fround(k / half)));
    const angle = fround(fround(value) * frequency);
    out[k] = Math.sin(angle);
    out[half + k] = Math.cos(angle);
  }
}

/** Two encodings side by side; zeros for `null`, which adds nothing. */
function encodePair(pair: readonly [number, number] | null, out: Float32Array): void {
  if (pair === null) return;
  pair.forEach((value, i) =>
    encode(value, out.subarray(i * out.length / 2, (i + 1) * out.length / 2))
  );
}

/**
 * The encoder's `time`, (T, D): the encoding of each frame's year, then that of its day.
 *
 * @param dates `null` where there is none to tell
 * @param width Width D of the encoder
 */
export function encodeTimes(dates: readonly (YearDay | null)[], width: number): Tensor {
  const data = new Float32Array(dates.length * width);
  dates.forEach((date, t) => encodePair(date, data.subarray(t * width, (t + 1) * width)));
  return ndarray("float32", { axes: ["t", "d"], shape: [dates.length, width], data });
}

/**
 * The encoder's `location`, (D,): the encoding of the latitude, then that of the longitude.
 *
 * @param place `null` where there is none to tell
 * @param width Width D of the encoder
 */
export function encodePlace(place: LonLat | null, width: number): Tensor {
  const data = new Float32Array(width);
  encodePair(place && [place.lat, place.lon], data);
  return ndarray("float32", { axes: ["d"], shape: [width], data });
}
