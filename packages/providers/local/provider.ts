/**
 * The provider of local files.
 *
 * @module
 */

import { type Grid, gridBounds, mapPool, RsembedError, type RunOptions } from "@rsembed/core";
import type { NamedPlace, Provider, ProviderSettings } from "../provider.ts";
import { isGeographic, transformer } from "../raster/crs.ts";
import { localCard } from "./card.ts";
import { cutPlace } from "./fetch.ts";
import { placeNames } from "./place_names.ts";
import { readScene, type Scene } from "./scene.ts";
import { findFiles } from "./sources.ts";

/** Files whose tags are read at once. */
const openAtOnce = 8;

/**
 * Imagery from GeoTIFF files on disk.
 *
 * Values are the numbers stored in the files: neither scale nor offset tags are applied. Bands are found
 * by name (`B2` finds `B02` or `blue`), which comes from `<file>.json`, the bands' descriptions or the
 * setting `bands`; they are never guessed from their number. Pixels are missing where a file says nodata
 * or NaN. Where the grid asked for is the file's own, pixels keep their values exactly; otherwise they
 * are interpolated bilinearly, or averaged where pixels become twice as long or more (nearest for
 * `webmercator`).
 *
 * The files are looked up once, at the first call.
 *
 * @param settings `sources`: files, folders or globs; `bands` and `date` for files that carry none
 * @throws {RsembedError} `spec` if there are no sources
 *
 * @example
 * ```ts
 * import { localProvider } from "@rsembed/providers/local";
 * import assert from "node:assert/strict";
 *
 * const provider = localProvider({ sources: ["scenes/*.tif"], bands: ["B4", "B3", "B2"] });
 * assert.equal(provider.name, "local");
 * ```
 */
export function localProvider(settings: ProviderSettings): Required<Provider> {
  const sources = settings.sources ?? [];
  if (sources.length === 0) {
    throw new RsembedError(
      "spec",
      "Cannot read local files: no sources are given, name files, folders or globs",
      { facts: { field: "sources" } },
    );
  }
  let scenes: Promise<readonly Scene[]> | null = null;
  async function load(options: RunOptions): Promise<readonly Scene[]> {
    while (true) {
      const isMine = scenes === null;
      const loading = scenes ??= readScenes(sources, settings, options);
      try {
        return await loading;
      } catch (error) {
        if (scenes === loading) scenes = null;
        options.signal?.throwIfAborted();
        // a look-up that another call started may have failed only because that call was stopped
        if (isMine) throw error;
      }
    }
  }
  return {
    name: localCard.id,
    identity: { sources, bands: settings.bands ?? null, date: settings.date ?? null },
    async fetch(request, options = {}) {
      const local = {
        scenes: await load(options),
        provider: localCard.id,
        source: sources.join(", "),
      };
      return await cutPlace(local, request, options);
    },
    async footprints(options = {}) {
      const all = await load(options);
      const names = placeNames(all.map((scene) => scene.name));
      return all.map((scene, i) => footprintOf(scene, names[i]!));
    },
  };
}

async function readScenes(
  sources: readonly string[],
  settings: ProviderSettings,
  { signal, onProgress }: RunOptions,
): Promise<Scene[]> {
  const paths = await findFiles(sources, { signal });
  const scenes: Scene[] = [];
  const read = (path: string) => readScene(path, settings);
  for await (const scene of mapPool(paths, read, { concurrency: openAtOnce, signal })) {
    scenes.push(scene);
    onProgress?.({ stage: "fetch", done: scenes.length, total: paths.length });
  }
  return scenes;
}

function footprintOf({ info }: Scene, name: string): NamedPlace {
  const grid = northUp(info.grid);
  const { minX, minY, maxX, maxY } = gridBounds(grid);
  const [lon, lat] = transformer(grid.crs, "EPSG:4326").point([
    (minX + maxX) / 2,
    (minY + maxY) / 2,
  ]);
  // a raster in degrees may be laid out from 0 to 360
  const east = isGeographic(grid.crs) && lon > 180 ? lon - 360 : lon;
  return { name, spatial: { kind: "footprint", grid, lon: east, lat } };
}

/** The same ground with rows from north, where a file has them from south. */
function northUp(grid: Grid): Grid {
  const [a, b, c, d, e, f] = grid.transform;
  if (b !== 0 || d !== 0 || e < 0) return grid;
  return { ...grid, transform: [a, 0, c, 0, -e, f + e * grid.height] };
}
