/**
 * Clouds and their shadows.
 *
 * @module
 */

import { addNoise, octavesOf, type Points, smoothstep, subSeed } from "./noise.ts";
import { earthRadiusM } from "./positions.ts";

/** Weather is this large, metres. */
const weatherM = 900_000;
const shape = { wavelengthM: 14_000, octaves: 6 };
/** The noise that 0, 10, 20, ... 100 % of the Earth exceed. */
const exceeded = Float64Array.of(
  0.926,
  0.641,
  0.595,
  0.56,
  0.529,
  0.5,
  0.471,
  0.44,
  0.405,
  0.358,
  0.106,
);
/** From the edge of a cloud to where it is thick. */
const edge = 0.07;

/** A day of a world. */
export interface Day {
  /** Days since 1970. */
  readonly day: number;
  readonly seed: number;
}

/** How cloudy a day is around some points, percent of the sky. */
export function cloudPctAt(points: Points, { day, seed }: Day): Float64Array {
  const weather = new Float64Array(points.x.length);
  addNoise(weather, points, {
    wavelengthM: weatherM,
    height: 1,
    seed: subSeed(seed, 1000 + 2 * day),
  });
  for (let i = 0; i < weather.length; i++) {
    const bad = Math.max(0, Math.min(1, (weather[i]! - 0.15) / 0.7));
    weather[i] = 100 * bad * bad;
  }
  return weather;
}

/** The noise at the edge of clouds that cover a share of the sky, percent. */
function thresholdOf(cloudPct: number): number {
  const step = Math.min(exceeded.length - 2, Math.floor(cloudPct / 10));
  const more = exceeded[step]!;
  // half of the edge counts as cloud
  return more + (exceeded[step + 1]! - more) * (cloudPct / 10 - step) - edge / 2;
}

/**
 * How thick the clouds of a day are at some points, 0 to 1; `null` where the sky is clear.
 *
 * @param day With the share of the sky they cover around each point, percent
 */
export function cloudsAt(
  points: Points,
  { day, seed, pct }: Day & { readonly pct: Float64Array },
): Float64Array | null {
  const threshold = thresholdOf(highest(pct));
  const sky = new Float64Array(points.x.length);
  let rest = 1;
  for (const layer of octavesOf({ ...shape, seed: subSeed(seed, 1001 + 2 * day) })) {
    addNoise(sky, points, layer);
    rest -= layer.height;
    // most of the sky is clear, which the first layers tell
    if (highest(sky) + rest <= threshold) return null;
  }
  for (let i = 0; i < sky.length; i++) {
    const own = thresholdOf(pct[i]!);
    sky[i] = smoothstep(own, own + edge, sky[i]!);
  }
  return sky;
}

function highest(values: Float64Array): number {
  let most = -Infinity;
  for (let i = 0; i < values.length; i++) if (values[i]! > most) most = values[i]!;
  return most;
}

/** The points of the clouds whose shadows fall on some points: the sun stands in the south-east. */
export function towardsSun({ x, y, z }: Points): Points {
  const east = 550, equator = 700;
  const points = { x: x.slice(), y: y.slice(), z: z.slice() };
  for (let i = 0; i < x.length; i++) {
    const ring = Math.max(1, Math.sqrt(x[i]! * x[i]! + y[i]! * y[i]!));
    points.x[i]! -= (east * y[i]!) / ring;
    points.y[i]! += (east * x[i]!) / ring;
    points.z[i]! -= (equator * z[i]!) / earthRadiusM;
  }
  return points;
}
