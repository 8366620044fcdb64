/**
 * What covers the ground: shares of water, soil, crops, woods, towns at a point of the Earth.
 *
 * @module
 */

import { fractal, hash01, noise3, smoothstep, subSeed } from "./noise.ts";
import { coverCount } from "./spectra.ts";

/** Radius of the sphere the world lives on, metres. */
const earthRadiusM = 6_371_000;

/** Positions of the pixels of one grid. */
export interface Positions {
  /** Degrees. */
  readonly lon: Float64Array;
  /** Degrees. */
  readonly lat: Float64Array;
  /** Points on the sphere, metres, (pixel, 3). */
  readonly points: Float64Array;
}

/** What the world is at the pixels of one grid, whatever the date. */
export interface Surface {
  /** Shares of the covers, (pixel, cover); they add up to 1. */
  readonly shares: Float32Array;
  /** Brightness of each pixel, about 1. */
  readonly brightness: Float32Array;
  /** How far the growing season of each pixel runs ahead of the region's, -1 to 1. */
  readonly seasonShift: Float32Array;
}

const degree = Math.PI / 180;

/** The positions of longitudes and latitudes. */
export function positionsAt(lon: Float64Array, lat: Float64Array): Positions {
  const points = new Float64Array(3 * lon.length);
  for (let i = 0; i < lon.length; i++) {
    const ring = earthRadiusM * Math.cos(lat[i]! * degree);
    points[3 * i] = ring * Math.cos(lon[i]! * degree);
    points[3 * i + 1] = ring * Math.sin(lon[i]! * degree);
    points[3 * i + 2] = earthRadiusM * Math.sin(lat[i]! * degree);
  }
  return { lon, lat, points };
}

/** Farmland is laid out in blocks of this side, each with fields of its own size. */
const blockM = 3200;
const metresPerDegree = (Math.PI * earthRadiusM) / 180;

/** A number that is the same all over one field, and another in the next. */
function fieldAt(lon: number, lat: number, seed: number): number {
  // meridians draw together: strips of one degree of latitude are laid out as if flat
  const strip = Math.floor(lat);
  const east = lon * metresPerDegree * Math.cos((strip + 0.5) * degree);
  const north = lat * metresPerDegree;
  const column = Math.floor(east / blockM);
  const row = Math.floor(north / blockM);
  const block = hash01(column, row, strip, seed);
  const long = blockM / (4 + Math.floor(block * 6));
  const short = blockM / (8 + Math.floor(hash01(row, column, strip, seed) * 12));
  const [a, b] = block > 0.5 ? [east / long, north / short] : [east / short, north / long];
  return hash01(Math.floor(a), Math.floor(b), strip, seed + 1);
}

/** The surface at some positions. */
export function surfaceAt({ lon, lat, points }: Positions, seed: number): Surface {
  const count = lon.length;
  const shares = new Float32Array(count * coverCount);
  const brightness = new Float32Array(count);
  const seasonShift = new Float32Array(count);
  const land = { wavelengthM: 90_000, octaves: 6, seed: subSeed(seed, 1) };
  const moist = { wavelengthM: 150_000, octaves: 3, seed: subSeed(seed, 2) };
  const towns = { wavelengthM: 14_000, octaves: 3, seed: subSeed(seed, 3) };
  const woods = { wavelengthM: 4_000, octaves: 4, seed: subSeed(seed, 4) };
  const rivers = { wavelengthM: 11_000, octaves: 3, seed: subSeed(seed, 5) };
  const fieldSeed = subSeed(seed, 6);
  const grainSeed = subSeed(seed, 7);
  const roofSeed = subSeed(seed, 8);

  for (let i = 0; i < count; i++) {
    const longitude = lon[i]!;
    const latitude = lat[i]!;
    const x = points[3 * i]!;
    const y = points[3 * i + 1]!;
    const z = points[3 * i + 2]!;
    const height = fractal(x, y, z, land);
    const moisture = fractal(x, y, z, moist) + 0.12;
    const coast = 1 - smoothstep(0.405, 0.412, height);
    const bend = Math.abs(fractal(x, y, z, rivers) - 0.5);
    const river = (1 - smoothstep(0.0035, 0.006, bend)) * smoothstep(0.4, 0.46, moisture);
    const water = Math.max(coast, river);
    const dry = 1 - smoothstep(0.4, 0.52, moisture);
    const town = smoothstep(0.66, 0.72, fractal(x, y, z, towns)) * (1 - dry);
    const wood = smoothstep(0.5, 0.56, fractal(x, y, z, woods) + 0.35 * (height - 0.5));
    const cold = smoothstep(66, 78, Math.abs(latitude) + 40 * Math.max(0, height - 0.62));
    const field = fieldAt(longitude, latitude, fieldSeed);
    const fine = noise3(x / 35, y / 35, z / 35, grainSeed);
    const grain = noise3(x / 12, y / 12, z / 12, grainSeed + 1);

    let left = 1;
    const at = i * coverCount;
    const take = (cover: number, share: number) => {
      const taken = left * Math.max(0, Math.min(1, share));
      shares[at + cover] = taken;
      left -= taken;
    };
    take(0, water);
    take(7, cold);
    // streets and roofs: towns are patchwork at the scale of a few pixels
    const roofs = hash01(Math.floor(x / 60), Math.floor(y / 60), Math.floor(z / 60), roofSeed);
    take(6, town * (0.45 + 0.5 * roofs));
    take(2, dry * (0.7 + 0.3 * fine));
    take(5, wood * (0.85 + 0.15 * fine));
    // a fifth of the fields lie bare, a third are meadows
    take(1, field < 0.2 ? 0.85 : 0.08 + 0.1 * fine);
    take(4, field > 0.67 ? 0.9 : 0.1);
    take(3, 1);

    const own = shares[at]! > 0.5
      ? 0.98 + 0.04 * grain
      : 0.86 + 0.14 * fine + 0.08 * grain + 0.1 * (field - 0.5);
    brightness[i] = own;
    seasonShift[i] = 2 * field - 1;
  }
  return { shares, brightness, seasonShift };
}
