/**
 * What covers the ground: shares of water, soil, crops, woods, towns at a point of the Earth.
 *
 * @module
 */

import { addNoise, fractal, smoothstep, subSeed } from "./noise.ts";
import { parcelsAt } from "./parcels.ts";
import type { Positions } from "./positions.ts";
import { coverCount, coverIndex } from "./spectra.ts";

/** What the world is at some pixels, whatever the date. */
export interface Surface {
  /** Shares of the covers, (pixel, cover); they add up to 1. */
  readonly shares: Float64Array;
  /** Brightness of each pixel, about 1. */
  readonly brightness: Float64Array;
  /** How far crops are ahead of grass, -1 to 1. */
  readonly calendar: Float64Array;
}

const { water, soil, sand, crop, grass, forest, urban, snow } = coverIndex;
/** Height of the sea among heights that run from 0 to 1. */
const seaLevel = 0.41;

/** The surface at some positions. */
export function surfaceAt(positions: Positions, seed: number): Surface {
  const noise = (part: number, wavelengthM: number, octaves: number) =>
    fractal(positions, { wavelengthM, octaves, seed: subSeed(seed, part) });
  const heights = noise(1, 90_000, 6);
  const moistures = noise(2, 150_000, 2);
  const towns = noise(3, 14_000, 2);
  const woods = noise(4, 5_000, 3);
  const rivers = noise(5, 11_000, 2);
  const ragged = noise(6, 500, 3);
  const grains = new Float64Array(positions.lon.length);
  addNoise(grains, positions, { wavelengthM: 17, height: 1, seed: subSeed(seed, 7) });
  const { field: fields, plot: plots, roadM, streetM } = parcelsAt(positions, seed);

  const count = positions.lon.length;
  const shares = new Float64Array(count * coverCount);
  const brightness = new Float64Array(count);
  const calendar = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const rough = ragged[i]! - 0.5;
    const grain = grains[i]! - 0.5;
    const field = fields[i]!;
    const plot = plots[i]!;
    const above = heights[i]! + 0.006 * rough - seaLevel;
    const moisture = moistures[i]! + 0.12;
    // rivers run along the contours of a noise, wider where it is wet
    const bank = Math.abs(rivers[i]! + 0.012 * rough - 0.5) - 0.012 * (moisture - 0.42);
    const dry = 1 - smoothstep(0.4, 0.5, moisture + 0.1 * rough);
    const settled = smoothstep(0.68, 0.8, towns[i]! + 0.1 * rough);
    const wooded = smoothstep(0.555, 0.57, woods[i]! + 0.25 * rough + 0.2 * above);
    const cold = smoothstep(66, 76, Math.abs(positions.lat[i]!) + 60 * Math.max(0, above - 0.2));

    const at = i * coverCount;
    let left = 1;
    // whichever cover comes first takes its share of what the ones before left
    const wet = Math.max(1 - smoothstep(0, 0.0008, above), 1 - smoothstep(-0.001, 0.001, bank));
    shares[at + water] = wet;
    left -= wet;
    shares[at + snow] = left * cold;
    left -= shares[at + snow]!;
    const beach = 1 - smoothstep(0.001, 0.003, above);
    shares[at + sand] = left * Math.max(beach, dry * (0.75 + 0.5 * rough));
    left -= shares[at + sand]!;
    const paved = Math.max(
      0.8 * (1 - smoothstep(6, 11, roadM[i]!)) * (1 - wooded),
      settled > 0.9 * plot ? 0.5 + 0.4 * plot : 0,
      settled > 0.15 ? 0.6 * (1 - smoothstep(4, 9, streetM[i]!)) : 0,
    );
    shares[at + urban] = left * paved;
    left -= shares[at + urban]!;
    // gardens, not fields, lie between houses
    const garden = settled > 0.15;
    const trees = Math.max(
      0.97 * wooded,
      garden ? plot > 0.7 ? 0.6 : 0.1 : hedge(roadM[i]!),
    );
    shares[at + forest] = left * trees;
    left -= shares[at + forest]!;
    const bare = garden ? 0.1 : field < 0.08 ? 0.85 : field < 0.66 ? 0.12 + 0.2 * rough : 0.06;
    shares[at + soil] = left * bare;
    left -= shares[at + soil]!;
    shares[at + grass] = left * (garden || field > 0.66 ? 0.9 : 0.08);
    left -= shares[at + grass]!;
    shares[at + crop] = left;

    calendar[i] = 2 * part(7.31 * field) - 1;
    const kind = 0.9 + 0.22 * part(13.7 * field);
    brightness[i] = wet > 0.5
      ? 1.15 - 3 * Math.max(0, Math.min(0.12, -above)) + 0.03 * grain // shallows are bright
      : wooded > 0.5
      ? 1 + 1.3 * (woods[i]! - 0.62) + 0.5 * rough + 0.34 * grain
      : paved > 0.3
      ? 0.84 + 0.3 * plot + 0.12 * grain
      : kind * (1 + 0.22 * rough + 0.1 * grain);
  }
  return { shares, brightness, calendar };
}

/** Share of trees along a road. */
function hedge(roadM: number): number {
  return roadM > 11 && roadM < 20 ? 0.35 : 0;
}

/** What stands behind the point. */
function part(value: number): number {
  return value - Math.floor(value);
}
