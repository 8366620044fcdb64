/**
 * Places from the command line: points, boxes, files of places, and footprints of sources.
 *
 * @module
 */

import { readFile, stat } from "node:fs/promises";
import { basename } from "@std/path";
import {
  bbox,
  type ModelRequest,
  pointBuffer,
  RsembedError,
  type RunOptions,
  safeFileName,
  type Spatial,
} from "@rsembed/core";
import type { NamedPlace, Provider } from "@rsembed/providers";
import { type Area, areaOf, chipsOf } from "@rsembed/providers/areas";
import { type Arguments, parseNumber, parseNumbers, usageError } from "./args.ts";
import { parseCsv } from "./csv.ts";
import { parseGeoJson } from "./geojson.ts";

/** A place, and the name its file may have. */
export interface Place {
  readonly name: string | null;
  readonly spatial: Spatial;
}

/** Half the side of a square around a point, metres: 224 px at 10 m. */
export const defaultBufferM = 1120;

/** Side of a chip of an area, px. */
const defaultChipPx = 256;
/** Most chips of a command line: more are a mistake, or a case for the library. */
const maxChips = 2_000_000;

/** Largest file of places, bytes. */
const maxFileBytes = 1 << 28;

async function readText(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > maxFileBytes) {
      throw new RsembedError("limit", `Cannot read places from "${path}": it has ${size} bytes`, {
        facts: { limit: "bytes of a file of places", max: maxFileBytes, actual: size },
      });
    }
    return await readFile(path, "utf8");
  } catch (cause) {
    if ((cause as { code?: string }).code !== "ENOENT") throw cause;
    throw new RsembedError(
      "not-found",
      `Cannot read places from "${path}": there is no such file`,
      {
        facts: { name: path },
        cause,
      },
    );
  }
}

async function readPlacesFile(path: string, bufferM: number): Promise<Place[]> {
  const text = await readText(path);
  return /\.(geo)?json$/i.test(path) || text.trimStart().startsWith("{")
    ? parseGeoJson(text, { source: basename(path), bufferM })
    : parseCsv(text, { source: basename(path), bufferM });
}

/** An area by the name of a tile, its bounds, or a file of polygons. */
async function readArea(text: string): Promise<Area> {
  if (/^T?\d{1,2}[A-Z]{3}$/i.test(text)) return areaOf(text);
  if (/^[-+\d.eE\s]+(,[-+\d.eE\s]+){3}$/.test(text)) {
    const [minLon = 0, minLat = 0, maxLon = 0, maxLat = 0] = parseNumbers(text, 4, "--area");
    return areaOf({ minLon, minLat, maxLon, maxLat });
  }
  const json = await readText(text);
  try {
    return areaOf(JSON.parse(json));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new RsembedError("spec", `Cannot read the area "${text}": ${cause.message}`, {
      facts: { field: "area", value: text },
      cause,
    });
  }
}

/** The chips of the areas of a command line. */
async function chipsOfAreas(args: Arguments): Promise<Place[]> {
  const number = (name: string) => {
    const text = args.text(name);
    return text === undefined ? undefined : parseNumber(text, `--${name}`);
  };
  const stridePx = number("chip-stride");
  const scaleM = number("chip-scale");
  const coverage = args.choice("chip-coverage", ["intersects", "centre", "within"]);
  const options = {
    sizePx: number("chip-size") ?? defaultChipPx,
    ...(stridePx === undefined ? {} : { stridePx }),
    ...(scaleM === undefined ? {} : { scaleM }),
    ...(coverage === undefined ? {} : { coverage }),
  };
  const chips = new Map<string, Place>();
  for (const text of args.all("area")) {
    for (const chip of chipsOf(await readArea(text), options)) {
      if (chips.size === maxChips) {
        throw new RsembedError("limit", `Cannot cut the areas into more than ${maxChips} chips`, {
          facts: { limit: "chips", max: maxChips, actual: maxChips + 1 },
        });
      }
      chips.set(chip.name, chip);
    }
  }
  return [...chips.values()];
}

/** The places that a command line names itself. */
export async function givenPlaces(args: Arguments): Promise<Place[]> {
  const bufferText = args.text("buffer");
  const bufferM = bufferText === undefined ? defaultBufferM : parseNumber(bufferText, "--buffer");
  const places: Place[] = [];
  for (const text of args.all("point")) {
    const [lon, lat] = parseNumbers(text, 2, "--point") as [number, number];
    places.push({ name: null, spatial: pointBuffer({ lon, lat, bufferM }) });
  }
  for (const text of args.all("bbox")) {
    const [minLon, minLat, maxLon, maxLat] = parseNumbers(text, 4, "--bbox") as [
      number,
      number,
      number,
      number,
    ];
    places.push({ name: null, spatial: bbox({ minLon, minLat, maxLon, maxLat }) });
  }
  for (const path of args.all("points")) places.push(...await readPlacesFile(path, bufferM));
  places.push(...await chipsOfAreas(args));
  return places;
}

/**
 * All places of a command line: those it names, or the footprints of its sources.
 *
 * @throws {RsembedError} `spec` if there are none
 */
export async function findPlaces(
  args: Arguments,
  openProvider: () => Promise<Provider>,
  options: RunOptions,
): Promise<Place[]> {
  const given = await givenPlaces(args);
  if (given.length > 0) return given;
  if (args.all("source").length > 0) {
    const provider = await openProvider();
    const footprints: readonly NamedPlace[] = await provider.footprints?.(options) ?? [];
    if (footprints.length > 0) return [...footprints];
  }
  throw usageError(
    "Cannot start: no place is given; use --point LON,LAT, --bbox W,S,E,N, --points FILE, --area AREA or --source PATH",
    "point",
  );
}

/** File names for places, where every place has one of its own; else `null`. */
export function namesOf(places: readonly Place[]): string[] | null {
  const names = places.map(({ name }) => name);
  if (names.some((name) => name === null)) return null;
  const safe = (names as string[]).map((name) => safeFileName(name, "place name"));
  const folded = new Set(safe.map((name) => name.toLowerCase()));
  if (folded.size === safe.length) return safe;
  const twice = safe.find((name, i) =>
    safe.findIndex((n) => n.toLowerCase() === name.toLowerCase()) < i
  );
  throw usageError(`Cannot use the name "${twice}" for two places: names must differ`, "name");
}

/** Gives the checkpoint of `--weights` to the single model. */
export function withWeights(
  models: readonly ModelRequest[],
  weights: string | undefined,
): readonly ModelRequest[] {
  if (weights === undefined) return models;
  if (models.length !== 1) {
    throw usageError(
      "Cannot use --weights with several models: write NAME?weights=FILE for each",
      "weights",
    );
  }
  return [{ ...models[0]!, weights }];
}
