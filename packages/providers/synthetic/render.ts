/**
 * The world as digital numbers.
 *
 * @module
 */

import { cloudPctAt, cloudsAt, towardsSun } from "./clouds.ts";
import type { Points } from "./noise.ts";
import type { Scene, TilePart } from "./scenes.ts";
import { calendarStep, greenAt, seasonOf } from "./season.ts";
import { cloud, coverCount, coverIndex, dormant, evergreen, haze, spectra } from "./spectra.ts";
import type { Surface } from "./surface.ts";

/** Some pixels of one frame. */
export interface RenderTask {
  readonly part: TilePart;
  readonly surface: Surface;
  /** One, two or three. */
  readonly scenes: readonly Scene[];
  /** Indices into the world's bands. */
  readonly bands: readonly number[];
  readonly seed: number;
}

/** Where the values go: band `b` of index `i` to `data[start + b * plane + i]`. */
export interface RenderTarget {
  readonly data: Float32Array;
  readonly start: number;
  readonly plane: number;
}

/** Share of light that a shadow takes. */
const shade = 0.5;

/** How one scene sees the pixels; one value a pixel. */
interface Look {
  readonly scene: Scene;
  /** How green grass and woods are, 0 to 1. */
  readonly grass: Float64Array;
  /** How green crops are, 0 to 1. */
  readonly crops: Float64Array;
  /** Brightness of the ground. */
  readonly light: Float64Array;
  /** How thick clouds are, 0 to 1. */
  readonly clouds: Float64Array;
}

function lookAt(
  { part: { positions }, surface, seed }: RenderTask,
  { scene, sunward }: { readonly scene: Scene; readonly sunward: Points },
): Look {
  const count = positions.lat.length;
  const pct = cloudPctAt(positions, { day: scene.day, seed });
  const when = { day: scene.day, seed, pct };
  const clouds = cloudsAt(positions, when) ?? new Float64Array(count);
  const shadows = cloudsAt(sunward, when);
  const season = seasonOf(scene.day);
  const grass = new Float64Array(count);
  const crops = new Float64Array(count);
  const light = surface.brightness.slice();
  for (let i = 0; i < count; i++) {
    const lat = positions.lat[i]!;
    grass[i] = greenAt(season.north, lat);
    crops[i] = greenAt(season.crops[calendarStep(surface.calendar[i]!)]!, lat);
    if (shadows) light[i]! *= 1 - shade * shadows[i]!;
  }
  return { scene, grass, crops, light, clouds };
}

/** Writes the median of the scenes, reflectance x 10000 in whole numbers from 1 to 10000. */
export function render(task: RenderTask, { data, start, plane }: RenderTarget): void {
  const sunward = towardsSun(task.part.positions);
  const looks = task.scenes.map((scene) => lookAt(task, { scene, sunward }));
  task.bands.forEach((band, b) => {
    renderBand(data.subarray(start + b * plane), { task, looks, band });
  });
}

function renderBand(
  out: Float32Array,
  { task: { part: { indices }, surface }, looks, band }: {
    readonly task: RenderTask;
    readonly looks: readonly Look[];
    readonly band: number;
  },
): void {
  // two or three scenes, or one thrice: written out, as this loop is most of the world's work
  const [first, second = first!, third = second] = looks as [Look, Look?, Look?];
  const two = looks.length === 2;
  const { shares } = surface;
  const { grass: grass0, crops: crops0, light: light0, clouds: clouds0 } = first!;
  const { grass: grass1, crops: crops1, light: light1, clouds: clouds1 } = second;
  const { grass: grass2, crops: crops2, light: light2, clouds: clouds2 } = third;
  const [haze0, haze1, haze2] = [first!, second, third].map(({ scene }) =>
    scene.haze * haze[band]!
  ) as [number, number, number];
  const [base0, base1, base2, base3, base4, base5, base6, base7] = spectra.map((_, cover) =>
    asleep(cover, band)
  ) as [number, number, number, number, number, number, number, number];
  const cropSwing = spectra[coverIndex.crop]![band]! - asleep(coverIndex.crop, band);
  const grassSwing = spectra[coverIndex.grass]![band]! - asleep(coverIndex.grass, band);
  const forestSwing = spectra[coverIndex.forest]![band]! - asleep(coverIndex.forest, band);
  const top = cloud[band]!;
  for (let i = 0; i < indices.length; i++) {
    const at = i * coverCount;
    const crop = shares[at + 3]!;
    const grass = shares[at + 4]!;
    const forest = shares[at + 5]!;
    const constant = shares[at]! * base0 + shares[at + 1]! * base1 + shares[at + 2]! * base2 +
      crop * base3 + grass * base4 + forest * base5 + shares[at + 6]! * base6 +
      shares[at + 7]! * base7;
    const withCrops = crop * cropSwing;
    const withGrass = grass * grassSwing + forest * forestSwing;
    let a = (constant + withGrass * grass0[i]! + withCrops * crops0[i]!) * light0[i]! + haze0;
    let b = (constant + withGrass * grass1[i]! + withCrops * crops1[i]!) * light1[i]! + haze1;
    let c = (constant + withGrass * grass2[i]! + withCrops * crops2[i]!) * light2[i]! + haze2;
    a += clouds0[i]! * (top - a);
    b += clouds1[i]! * (top - b);
    c += clouds2[i]! * (top - c);
    if (two) c = (a + b) / 2;
    // the median by comparisons: Math.min and Math.round, careful about NaN and -0, take twice the time
    const low = a < b ? a : b;
    const high = a < b ? b : a;
    const median = c < low ? low : c > high ? high : c;
    out[indices[i]!] = median < 1 ? 1 : median > 10000 ? 10000 : (median + 0.5) | 0;
  }
}

/** What a cover reflects out of season. */
function asleep(cover: number, band: number): number {
  return evergreen[cover]! * spectra[cover]![band]! + (1 - evergreen[cover]!) * dormant[band]!;
}
