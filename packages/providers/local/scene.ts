/**
 * What a local file holds: its pixels' place, its bands' names and its date, from its tags, a sidecar
 * and the settings.
 *
 * @module
 */

import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { errorMessage, formatDate, parseDate, RsembedError } from "@rsembed/core";
import { type LonLatBounds, lonLatBounds } from "../raster/crs.ts";
import type { ProviderSettings } from "../provider.ts";
import { acquisitionDay } from "./dates.ts";
import { openGeoTiff, type RasterInfo } from "../tiff/geotiff.ts";

/** A local file, known but not open. */
export interface Scene {
  readonly path: string;
  /** Base name. */
  readonly name: string;
  readonly info: RasterInfo;
  /** Where it lies. */
  readonly bounds: LonLatBounds;
  /** Names of its bands, or `null` where nothing tells them. */
  readonly bands: readonly string[] | null;
  /** The day it was taken, `YYYY-MM-DD`, or `null`. */
  readonly day: string | null;
}

/** What `<file>.json` beside a file may say. */
interface Sidecar {
  readonly bands: readonly string[] | null;
  readonly date: string | null;
}

/** Longest sidecar, bytes. */
const maxSidecarBytes = 2 ** 20;

/**
 * Reads what a file says of itself, not its pixels.
 *
 * Names of bands come from the sidecar `<file>.json` (`{"bands": [...], "date": "..."}`), the
 * descriptions of the bands, or the setting `bands`, the first that there is; dates as in
 * `acquisitionDay`.
 *
 * @throws {RsembedError} As `openGeoTiff`; `corrupt` for an unreadable sidecar; `spec` where the number
 * of names is not the number of bands, or a date is none
 */
export async function readScene(path: string, settings: ProviderSettings): Promise<Scene> {
  const file = await openGeoTiff(path);
  await file.close();
  const { info } = file;
  const sidecar = await readSidecar(`${path}.json`);
  const name = basename(path);
  const described = info.descriptions.every((text) => text !== null)
    ? info.descriptions as readonly string[]
    : null;
  return {
    path,
    name,
    info,
    bounds: lonLatBounds(info.grid),
    bands: checkNames(info, sidecar.bands) ?? described ?? checkNames(info, settings.bands ?? null),
    day: acquisitionDay({
      sidecar: sidecar.date,
      metadata: info.metadata,
      name,
      dateTime: info.dateTime,
      setting: settings.date === undefined ? null : toDay(settings.date),
    }),
  };
}

function toDay(date: string): string {
  return formatDate(parseDate(date));
}

function checkNames(
  { path, count }: RasterInfo,
  names: readonly string[] | null,
): readonly string[] | null {
  if (names === null || names.length === count) return names;
  throw new RsembedError(
    "spec",
    `Cannot name the bands of "${path}": it has ${count}, and ${names.length} names were given`,
    { facts: { field: "bands", value: names } },
  );
}

async function readSidecar(path: string): Promise<Sidecar> {
  const info = await stat(path).catch(() => null);
  if (!info?.isFile()) return { bands: null, date: null };
  const refuse = (state: string, cause?: unknown) =>
    new RsembedError("corrupt", `Cannot read the sidecar "${path}": ${state}`, {
      facts: { source: path },
      cause,
    });
  if (info.size > maxSidecarBytes) throw refuse(`it has ${info.size} bytes`);
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw refuse(errorMessage(cause), cause);
  }
  if (typeof json !== "object" || json === null) throw refuse("it is no JSON object");
  const { bands = null, date = null } = json as { bands?: unknown; date?: unknown };
  if (bands !== null && !isTexts(bands)) throw refuse("bands is not a list of names");
  if (date !== null && typeof date !== "string") throw refuse("date is not a text");
  return { bands, date: date === null ? null : toDay(date) };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
