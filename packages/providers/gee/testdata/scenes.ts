/**
 * Made-up scenes: a Sentinel-2 tile and others around one place.
 *
 * @module
 */

import { type Grid, northUpGrid } from "@rsembed/core";
import { geeProvider, type GeeSettings } from "../mod.ts";
import { type DoubleOptions, type EarthEngineDouble, firstToken, startDouble } from "./double/server.ts";
import type { Scene, SceneBand } from "./double/images.ts";

/** Pixels of 10 m, 20 km a side, zone 51; the place of the peer's recorded requests lies inside. */
export const tile: Grid = northUpGrid({
  crs: "EPSG:32651",
  west: 340_000,
  north: 3_470_000,
  pixelSize: 10,
  width: 2000,
  height: 2000,
});

/** Middle of the place. */
export const place = { lon: 121.5, lat: 31.2 };

/** A number for each pixel of a band: neighbours, rows, columns and bands all differ. */
export function pattern(column: number, row: number, band: number): number {
  return 100 + 1000 * band + (column * 7 + row * 13) % 613;
}

/** Options of {@linkcode s2Scene}. */
export interface SceneOptions {
  /** Added to all pixels. @default 0 */
  readonly plus?: number;
  /** CLOUDY_PIXEL_PERCENTAGE; `null` for a scene without it. @default 5 */
  readonly cloud?: number | null;
  readonly grid?: Grid;
  /** Pixels of 10 m that are missing. @default none */
  readonly hole?: (column: number, row: number) => boolean;
}

/** A scene of Sentinel-2: B2, B3, B4 at 10 m, B8A at 20 m. */
export function s2Scene(day: string, options: SceneOptions = {}): Scene {
  const { plus = 0, cloud = 5, grid = tile, hole } = options;
  const fine = (band: number): SceneBand => ({
    type: "u2",
    value: (column, row) => pattern(column, row, band) + plus,
    ...(hole ? { has: (column: number, row: number) => !hole(column, row) } : {}),
  });
  return {
    index: `S2_${day}`,
    time: day.includes("T") ? day : `${day}T02:30:00Z`,
    grid,
    properties: cloud === null ? {} : { CLOUDY_PIXEL_PERCENTAGE: cloud },
    bands: {
      B2: fine(2),
      B3: fine(3),
      B4: fine(4),
      B8A: { type: "u2", factor: 2, value: (column, row) => pattern(column, row, 8) + plus },
    },
  };
}

/** A scene of Sentinel-1: VV and VH. */
export function s1Scene(
  day: string,
  options: {
    readonly plus?: number;
    readonly mode?: string;
    readonly pass?: string;
    readonly polarisations?: readonly string[];
  } = {},
): Scene {
  const { plus = 0, mode = "IW", pass = "ASCENDING", polarisations = ["VV", "VH"] } = options;
  const value = (band: number) => (column: number, row: number) =>
    (pattern(column, row, band) + plus) / 4096;
  return {
    index: `S1_${day}_${mode}_${pass}`,
    time: `${day}T10:00:00Z`,
    grid: tile,
    properties: {
      instrumentMode: mode,
      orbitProperties_pass: pass,
      transmitterReceiverPolarisation: polarisations,
    },
    bands: Object.fromEntries(
      polarisations.map((name, i) => [name, { type: "f4" as const, value: value(i) }]),
    ),
  };
}

/** A collection of one band, the same everywhere. */
export function constantScene(
  name: string,
  { time, value, grid = tile }: { time: string | null; value: number; grid?: Grid },
): Scene {
  return {
    index: `${name}_${time}`,
    time,
    grid,
    bands: { [name]: { type: "i2", value: () => value } },
  };
}

/** Runs `fn` with a double and a provider that asks it. */
export async function withDouble<T>(
  options: DoubleOptions,
  fn: (double: EarthEngineDouble, open: (settings?: GeeSettings) => ReturnType<typeof geeProvider>) => Promise<T>,
): Promise<T> {
  const double = await startDouble(options);
  try {
    return await fn(double, (settings = {}) =>
      geeProvider({
        project: "test-project",
        accessToken: firstToken,
        serviceUrl: double.url,
        ...settings,
        service: { backoffMs: 1, maxPerSecond: 10_000, ...settings.service },
      }));
  } finally {
    await double.close();
  }
}
