/**
 * Scenes of the world as digital numbers.
 *
 * @module
 */

import { cloudsOf, greenness, type Scene } from "./scenes.ts";
import { cloud, coverCount, covers, dormant, spectra } from "./spectra.ts";
import type { Positions, Surface } from "./surface.ts";

const crop = covers.indexOf("crop");
const grass = covers.indexOf("grass");
const forest = covers.indexOf("forest");

/** One scene, (band, pixel), reflectance x 10000 in whole numbers. */
export function renderScene(
  { surface, positions, bands }: {
    readonly surface: Surface;
    readonly positions: Positions;
    /** Indices into the world's bands. */
    readonly bands: readonly number[];
  },
  scene: Scene,
  seed: number,
): Float32Array<ArrayBuffer> {
  const count = positions.lon.length;
  const out = new Float32Array(bands.length * count);
  const tables = bands.map((band) => covers.map((cover) => spectra[cover][band]!));
  const mixed = new Float64Array(coverCount + 1);
  const cloudsAt = cloudsOf(scene, seed);
  const { points } = positions;
  for (let i = 0; i < count; i++) {
    const lat = positions.lat[i]!;
    const green = greenness(scene.day, lat);
    // fields ripen at their own time; woods keep half of their green, grass a third
    const field = Math.max(
      0,
      Math.min(1, green + 0.35 * surface.seasonShift[i]! * (1 - Math.abs(2 * green - 1))),
    );
    let asleep = 0;
    for (let cover = 0; cover < coverCount; cover++) {
      const share = surface.shares[i * coverCount + cover]!;
      const awake = cover === crop
        ? field
        : cover === grass
        ? 0.35 + 0.65 * green
        : cover === forest
        ? 0.5 + 0.5 * green
        : 1;
      mixed[cover] = share * awake;
      asleep += share * (1 - awake);
    }
    mixed[coverCount] = asleep;
    const clouds = cloudsAt(points[3 * i]!, points[3 * i + 1]!, points[3 * i + 2]!);
    const brightness = surface.brightness[i]!;
    for (let band = 0; band < bands.length; band++) {
      const table = tables[band]!;
      let ground = mixed[coverCount]! * dormant[bands[band]!]!;
      for (let cover = 0; cover < coverCount; cover++) ground += mixed[cover]! * table[cover]!;
      const value = ground * brightness * (1 - clouds) + clouds * cloud[bands[band]!]!;
      out[band * count + i] = Math.max(1, Math.min(10000, Math.round(value)));
    }
  }
  return out;
}
