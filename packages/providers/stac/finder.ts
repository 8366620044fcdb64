/**
 * Finding the scenes of a place: one search serves the places around it too.
 *
 * @module
 */

import {
  nearest,
  parseDate,
  RsembedError,
  type RunOptions,
  type SensorSpec,
  type TimeRange,
} from "@rsembed/core";
import type { AskOptions } from "../http/ask_json.ts";
import { keepWork } from "../http/kept_work.ts";
import type { LonLatBounds } from "../raster/crs.ts";
import { lonLatMeet } from "../raster/lonlat.ts";
import { openRoot, type StacRoot } from "./catalog.ts";
import { type Imagery, isWanted, withoutRepeats } from "./imagery.ts";
import type { StacItem } from "./item.ts";
import { searchItems } from "./search.ts";
import type { StacSource } from "./sources.ts";

/** A time span, milliseconds since 1970, half-open. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** What to find. */
export interface SceneQuery {
  readonly source: StacSource;
  readonly imagery: Imagery;
  readonly sensor: SensorSpec;
  readonly bounds: LonLatBounds;
  /** `null` for any time. */
  readonly span: Span | null;
  /** Whether Sentinel-1 is to be of the interferometric wide swath. */
  readonly strict: boolean;
}

/** Finds scenes; answers are kept for the places around. */
export interface SceneFinder {
  /** Scenes that may have pixels in the bounds, oldest first, without repeats. */
  find(query: SceneQuery, options?: RunOptions): Promise<StacItem[]>;
}

/** Side of the cells that searches are widened to, degrees: scenes are larger by far. */
const cellDeg = 0.1;
/** Searches that are kept. */
const maxSearches = 256;

/** A finder with nothing kept. */
export function createFinder(ask: AskOptions): SceneFinder {
  const searches = keepWork<StacItem[]>(maxSearches);
  const roots = keepWork<StacRoot>(maxSearches);

  async function searchUrlOf(
    { searchUrl, root }: StacSource,
    { signal }: RunOptions,
  ): Promise<StacRoot> {
    if (searchUrl !== null) return { kind: "api", searchUrl };
    return await roots.get(root!, (signal) => openRoot(root!, { ...ask, signal })).join(signal);
  }

  return {
    async find(query, options = {}) {
      const { source, imagery, sensor, span, strict } = query;
      const root = await searchUrlOf(source, options);
      let items: readonly StacItem[];
      if (root.kind === "static") {
        const { collections } = source;
        items = root.items.filter(({ collection }) =>
          collections.length === 0 || collection === null || collections.includes(collection)
        );
        if (items.length === 0 && root.items.length > 0) {
          if (!source.isGuess) throw unknownCollection(collections, root.items);
          items = root.items;
        }
      } else {
        const clouds = imagery.hasCloudCover && sensor.cloudyPct !== null
          ? { "eo:cloud_cover": { lte: sensor.cloudyPct } }
          : {};
        const search = {
          collections: source.collections,
          bounds: widened(query.bounds),
          time: imagery.isTimeless ? null : span,
          query: { ...clouds, ...imagery.query(sensor, strict) },
        };
        const { searchUrl } = root;
        const key = JSON.stringify([searchUrl, search]);
        const work = searches.get(
          key,
          (signal) => searchItems(searchUrl, search, { ...ask, signal }),
        );
        items = await work.join(options.signal);
      }
      const wanted = items.filter((item) =>
        lonLatMeet(item.bounds, query.bounds) &&
        isWanted(item, { imagery, sensor, time: span, strict })
      );
      return withoutRepeats(wanted);
    },
  };
}

function unknownCollection(
  collections: readonly string[],
  items: readonly StacItem[],
): RsembedError {
  const known = [...new Set(items.flatMap(({ collection }) => collection ?? []))];
  return new RsembedError(
    "not-found",
    `Cannot find the collection "${collections.join(", ")}": the catalogue has ${known.join(", ")}`,
    { facts: { name: collections.join(", "), nearest: nearest(collections[0] ?? "", known) } },
  );
}

/** The bounds out to whole cells. */
function widened({ minLon, minLat, maxLon, maxLat }: LonLatBounds): LonLatBounds {
  const down = (x: number) => Number((Math.floor(x / cellDeg) * cellDeg).toFixed(1));
  const up = (x: number) => Number((Math.ceil(x / cellDeg) * cellDeg).toFixed(1));
  return {
    minLon: Math.max(-180, down(minLon)),
    minLat: Math.max(-90, down(minLat)),
    maxLon: Math.min(180, up(maxLon)),
    maxLat: Math.min(90, up(maxLat)),
  };
}

/** The span of a window. */
export function spanOf({ start, end }: TimeRange): Span {
  return { startMs: parseDate(start), endMs: parseDate(end) };
}
