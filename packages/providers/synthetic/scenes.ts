/**
 * When the satellite passes, and how cloudy it is.
 *
 * @module
 */

import { dayMs, formatDate, parseDate, RsembedError, type TimeRange } from "@rsembed/core";
import { cloudPctAt } from "./clouds.ts";
import { hash01, subSeed } from "./noise.ts";
import { type Degrees, type Positions, positionsAt } from "./positions.ts";

/** One pass over a tile. */
export interface Scene {
  /** Days since 1970. */
  readonly day: number;
  /** When, ISO. */
  readonly datetime: string;
  /** Cloudiness in the middle of the tile, percent. */
  readonly cloudPct: number;
  /** How hazy the air is, 0 to 1. */
  readonly haze: number;
}

/** Days between passes, over all places at once. */
const revisitDays = 5;
/** The satellite passes at this time of the day. */
const passMs = 10.5 * 3_600_000;
/** Scenes are tiles of this side, degrees. */
const tileDegrees = 2;
const tileColumns = 360 / tileDegrees;
const tileRows = 180 / tileDegrees;
/** Scenes that make a composite, the clearest ones. */
export const maxScenes = 3;
/** Longest window that is looked through, days. */
const maxDays = 366 * 60;

/** Positions of one tile. */
export interface TilePart {
  readonly tile: number;
  readonly positions: Positions;
  /** Which of the positions that were cut up these are. */
  readonly indices: Int32Array;
}

/** Cuts positions up by tile; those off the Earth are left out. */
export function partsByTile({ lon, lat }: Degrees): TilePart[] {
  const tiles = new Int32Array(lon.length).fill(-1);
  const counts = new Map<number, number>();
  for (let i = 0; i < tiles.length; i++) {
    const column = Math.floor((lon[i]! + 180) / tileDegrees);
    const row = Math.min(tileRows - 1, Math.floor((lat[i]! + 90) / tileDegrees));
    if (!Number.isFinite(column + row)) continue;
    const tile = row * tileColumns + column;
    tiles[i] = tile;
    counts.set(tile, (counts.get(tile) ?? 0) + 1);
  }
  return [...counts].map(([tile, count]) => {
    const indices = new Int32Array(count);
    let n = 0;
    for (let i = 0; n < count; i++) if (tiles[i] === tile) indices[n++] = i;
    const part = { lon: new Float64Array(count), lat: new Float64Array(count) };
    for (let i = 0; i < count; i++) {
      part.lon[i] = lon[indices[i]!]!;
      part.lat[i] = lat[indices[i]!]!;
    }
    return { tile, positions: positionsAt(part), indices };
  });
}

function centreOf(tile: number): Positions {
  const column = tile % tileColumns;
  const row = (tile - column) / tileColumns;
  return positionsAt({
    lon: Float64Array.of((column + 0.5) * tileDegrees - 180),
    lat: Float64Array.of((row + 0.5) * tileDegrees - 90),
  });
}

/**
 * All passes over a tile inside a window, oldest first.
 *
 * @throws {RsembedError} `limit` if the window is longer than 60 years
 */
export function scenesIn(
  { start, end }: TimeRange,
  { tile, seed }: { readonly tile: number; readonly seed: number },
): Scene[] {
  const first = Math.ceil((parseDate(start, "start") - passMs) / dayMs);
  const last = Math.ceil((parseDate(end, "end") - passMs) / dayMs);
  if (last - first > maxDays) {
    throw new RsembedError(
      "limit",
      `Cannot look through ${start}/${end}: it is longer than 60 years`,
      { facts: { limit: "days of a window", max: maxDays, actual: last - first } },
    );
  }
  const offset = Math.floor(hash01(0, 0, 0, subSeed(seed, 20)) * revisitDays);
  const centre = centreOf(tile);
  const scenes: Scene[] = [];
  for (let day = first; day < last; day++) {
    if ((((day - offset) % revisitDays) + revisitDays) % revisitDays !== 0) continue;
    scenes.push({
      day,
      datetime: `${formatDate(day * dayMs)}T10:30:00Z`,
      cloudPct: Math.round(10 * cloudPctAt(centre, { day, seed })[0]!) / 10,
      haze: hash01(day, 1, 0, subSeed(seed, 20)),
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
