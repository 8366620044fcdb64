/**
 * When the satellite passes, and how cloudy it is.
 *
 * @module
 */

import { dayMs, formatDate, parseDate, RsembedError, type TimeRange } from "@rsembed/core";
import { hash01, noise3, smoothstep, subSeed } from "./noise.ts";

/** One pass over a place. */
export interface Scene {
  /** Days since 1970. */
  readonly day: number;
  readonly date: string;
  /** Share of the scene under clouds, percent. */
  readonly cloudPct: number;
}

/** Days between passes. */
const revisitDays = 5;
/** Cloud cover is one number for tiles of this side, degrees. */
const tileDegrees = 5;
/** Scenes that make a composite, the clearest ones. */
export const maxScenes = 5;
/** Longest window that is looked through, days. */
const maxDays = 366 * 60;

/** All passes over a place inside a window, oldest first. */
export function scenesIn(
  { start, end }: TimeRange,
  { lon, lat, seed }: { readonly lon: number; readonly lat: number; readonly seed: number },
): Scene[] {
  const first = Math.ceil(parseDate(start, "start") / dayMs);
  const last = Math.ceil(parseDate(end, "end") / dayMs);
  if (last - first > maxDays) {
    throw new RsembedError(
      "limit",
      `Cannot look through ${start}/${end}: it is longer than 60 years`,
      {
        facts: { limit: "days of a window", max: maxDays, actual: last - first },
      },
    );
  }
  const column = Math.floor(lon / tileDegrees);
  const row = Math.floor(lat / tileDegrees);
  const offset = Math.floor(hash01(column, row, 0, subSeed(seed, 20)) * revisitDays);
  const scenes: Scene[] = [];
  for (let day = first; day < last; day++) {
    if ((((day - offset) % revisitDays) + revisitDays) % revisitDays !== 0) continue;
    const draw = hash01(column, row, day, subSeed(seed, 21));
    scenes.push({
      day,
      date: formatDate(day * dayMs),
      cloudPct: Math.round(1000 * draw * draw) / 10,
    });
  }
  return scenes;
}

/**
 * The scenes that pass the cloud filter: of a median the clearest {@linkcode maxScenes}, of a mosaic the
 * last.
 */
export function chooseScenes(
  scenes: readonly Scene[],
  { cloudyPct, composite }: {
    readonly cloudyPct: number | null;
    readonly composite: "median" | "mosaic";
  },
): Scene[] {
  const passing = scenes.filter(({ cloudPct }) => cloudyPct === null || cloudPct <= cloudyPct);
  if (composite === "mosaic") return passing.slice(-1);
  return passing
    .sort((a, b) => a.cloudPct - b.cloudPct || a.day - b.day)
    .slice(0, maxScenes)
    .sort((a, b) => a.day - b.day);
}

const cloudWavelengthM = 9000;
const cloudOctaves = 4;

/** How thick the clouds of a scene are, 0 to 1; the scene's own noise is made for each point it is asked for. */
export function cloudsOf(
  { day, cloudPct }: Scene,
  seed: number,
): (x: number, y: number, z: number) => number {
  if (cloudPct <= 0) return () => 0;
  const own = subSeed(seed, 100 + day);
  const total = 1 - 0.5 ** cloudOctaves;
  // the noise is about normal around one half: this threshold leaves about the wanted share
  const threshold = 0.72 - 0.0044 * cloudPct;
  return (x, y, z) => {
    let height = 0.5;
    let frequency = 1 / cloudWavelengthM;
    let sum = 0;
    let rest = total;
    for (let octave = 0; octave < cloudOctaves; octave++) {
      sum += height * noise3(x * frequency, y * frequency, z * frequency, own + octave);
      rest -= height;
      // most of the sky is clear, which the first layers tell
      if (sum + rest < threshold * total) return 0;
      height *= 0.5;
      frequency *= 2;
    }
    return smoothstep(threshold, threshold + 0.08, sum / total);
  };
}

/** How green the vegetation of a latitude is on a day, 0 to 1: summer peaks, hemispheres apart. */
export function greenness(day: number, lat: number): number {
  const yearShare = ((day - 16) % 365.25) / 365.25;
  const north = 0.5 - 0.5 * Math.cos(2 * Math.PI * (yearShare - 0.04));
  const season = lat >= 0 ? north : 1 - north;
  const strength = Math.min(1, Math.abs(lat) / 45);
  return 1 - strength * (1 - season) * 0.9;
}
