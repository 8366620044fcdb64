/**
 * How people divide the land: blocks between roads, fields inside of them, plots inside of towns.
 *
 * @module
 */

import { addNoise, hash01, subSeed } from "./noise.ts";
import { cosine, earthRadiusM, type Positions } from "./positions.ts";

/** The parcels at some pixels. */
export interface Parcels {
  /** A random number of the field, 0 to 1. */
  readonly field: Float64Array;
  /** A random number of the building plot, 0 to 1. */
  readonly plot: Float64Array;
  /** Distance from the nearest road between blocks, metres. */
  readonly roadM: Float64Array;
  /** Distance from the nearest street that a town would have, metres. */
  readonly streetM: Float64Array;
}

/** Mean distance of blocks, metres. */
const blockM = 1900;
const streetPitchM = 260;
const plotM = [52, 40] as const;
const metresPerDegree = (Math.PI * earthRadiusM) / 180;
/** Directions that fields run in: cosines and sines that are exact in every engine. */
const directions = [[1, 0], [0.96, 0.28], [0.8, 0.6], [0.6, 0.8], [0.28, 0.96], [0.936, -0.352]];

/** Centres and random numbers of the nine blocks around a cell. */
class Neighbourhood {
  readonly east = new Float64Array(9);
  readonly north = new Float64Array(9);
  readonly id = new Float64Array(9);
  #column = NaN;
  #row = NaN;
  #strip = NaN;

  moveTo(column: number, row: number, { strip, seed }: { strip: number; seed: number }): void {
    if (column === this.#column && row === this.#row && strip === this.#strip) return;
    this.#column = column;
    this.#row = row;
    this.#strip = strip;
    for (let n = 0; n < 9; n++) {
      const c = column + (n % 3) - 1;
      const r = row + Math.floor(n / 3) - 1;
      this.east[n] = (c + 0.1 + 0.8 * hash01(c, r, strip, seed)) * blockM;
      this.north[n] = (r + 0.1 + 0.8 * hash01(c, r, strip, seed + 1)) * blockM;
      this.id[n] = hash01(c, r, strip, seed + 2);
    }
  }
}

/** The parcels at some positions. */
export function parcelsAt(positions: Positions, seed: number): Parcels {
  const count = positions.lon.length;
  const field = new Float64Array(count);
  const plot = new Float64Array(count);
  const roadM = new Float64Array(count);
  const streetM = new Float64Array(count);
  // roads and hedges bend a little
  const bendEast = new Float64Array(count);
  const bendNorth = new Float64Array(count);
  addNoise(bendEast, positions, { wavelengthM: 2300, height: 700, seed: subSeed(seed, 31) });
  addNoise(bendNorth, positions, { wavelengthM: 2300, height: 700, seed: subSeed(seed, 32) });
  const blockSeed = subSeed(seed, 33);
  const fieldSeed = subSeed(seed, 34);
  const blocks = new Neighbourhood();
  let strip = NaN;
  let metresPerLon = 0;

  for (let i = 0; i < count; i++) {
    const lat = positions.lat[i]!;
    // meridians draw together: strips of one degree of latitude are laid out as if flat
    if (Math.floor(lat) !== strip) {
      strip = Math.floor(lat);
      metresPerLon = metresPerDegree * cosine(strip + 0.5);
    }
    const east = positions.lon[i]! * metresPerLon + bendEast[i]!;
    const north = lat * metresPerDegree + bendNorth[i]!;
    blocks.moveTo(Math.floor(east / blockM), Math.floor(north / blockM), {
      strip,
      seed: blockSeed,
    });
    let first = 0, second = 0;
    let firstD = Infinity, secondD = Infinity;
    for (let n = 0; n < 9; n++) {
      const dx = east - blocks.east[n]!;
      const dy = north - blocks.north[n]!;
      const d = dx * dx + dy * dy;
      if (d < firstD) {
        second = first;
        secondD = firstD;
        first = n;
        firstD = d;
      } else if (d < secondD) {
        second = n;
        secondD = d;
      }
    }
    const acrossX = blocks.east[second]! - blocks.east[first]!;
    const acrossY = blocks.north[second]! - blocks.north[first]!;
    roadM[i] = (secondD - firstD) / (2 * Math.sqrt(acrossX * acrossX + acrossY * acrossY));

    const id = blocks.id[first]!;
    const [right, up] = directions[Math.floor(id * directions.length)] as [number, number];
    const dx = east - blocks.east[first]!;
    const dy = north - blocks.north[first]!;
    const along = right * dx + up * dy;
    const across = right * dy - up * dx;
    const number = Math.floor(id * 1e6);
    const width = 90 + 240 * hash01(number, 0, 0, fieldSeed);
    const length = 260 + 640 * hash01(number, 1, 0, fieldSeed);
    const lane = Math.floor(across / width);
    const start = length * hash01(lane, 2, number, fieldSeed);
    field[i] = hash01(lane, Math.floor((along + start) / length), number, fieldSeed + 1);
    plot[i] = hash01(
      Math.floor(along / plotM[0]),
      Math.floor(across / plotM[1]),
      number,
      fieldSeed + 2,
    );
    streetM[i] = Math.min(
      distanceFrom(along, streetPitchM),
      distanceFrom(across, streetPitchM / 2),
    );
  }
  return { field, plot, roadM, streetM };
}

/** Distance from the nearest multiple. */
function distanceFrom(value: number, pitch: number): number {
  return Math.abs(value - pitch * Math.round(value / pitch));
}
