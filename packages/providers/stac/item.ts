/**
 * Items of STAC catalogues, checked.
 *
 * Source: STAC 1.0 and 1.1, items; the `eo`, `raster` and `projection` extensions.
 *
 * @module
 */

import { parseDate } from "@rsembed/core";
import type { LonLatBounds } from "../raster/crs.ts";

/** A band of an asset. */
export interface AssetBand {
  /** Its names: the provider's own and the common one. */
  readonly names: readonly string[];
  readonly nodata: number | null;
  readonly scale: number | null;
  readonly offset: number | null;
}

/** A file of an item. */
export interface StacAsset {
  /** Absolute. */
  readonly href: string;
  /** Media type. */
  readonly type: string | null;
  /** In the order of the file's samples; empty where the item does not say. */
  readonly bands: readonly AssetBand[];
}

/** One scene. */
export interface StacItem {
  readonly id: string;
  readonly collection: string | null;
  readonly bounds: LonLatBounds;
  /** When it was taken, milliseconds since 1970; the start of its interval where it has one. */
  readonly timeMs: number | null;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly assets: Readonly<Record<string, StacAsset>>;
}

type Json = Readonly<Record<string, unknown>>;

/** Assets of an item, and bands of an asset, that are looked at. */
const maxAssets = 256, maxBands = 1024;
/** Longest name of an item. */
const maxIdLength = 500;

/** A JSON object, or `null`. */
export function objectOf(value: unknown): Json | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Json
    : null;
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function numberOf(value: unknown): number | null {
  // nodata is also written as "nan"
  if (value === "nan") return NaN;
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/**
 * Reads an item; `null` for what is none: catalogues hold all kinds of things, and one broken item must
 * not hide the others.
 *
 * @param base Address that its relative links start from
 */
export function readItem(value: unknown, base: string): StacItem | null {
  const json = objectOf(value);
  const id = textOf(json?.["id"]);
  const properties = objectOf(json?.["properties"]);
  const assets = objectOf(json?.["assets"]);
  const bounds = boundsOf(json?.["bbox"]);
  if (!json || json["type"] !== "Feature" || !id || !properties || !assets || !bounds) return null;
  if (id.length > maxIdLength) return null;
  const read: Record<string, StacAsset> = Object.create(null);
  for (const [key, asset] of Object.entries(assets).slice(0, maxAssets)) {
    const known = readAsset(asset, base);
    if (known) read[key] = known;
  }
  return {
    id,
    collection: textOf(json["collection"]),
    bounds,
    timeMs: timeOf(properties["datetime"] ?? properties["start_datetime"]),
    properties,
    assets: read,
  };
}

function timeOf(value: unknown): number | null {
  if (typeof value !== "string") return null;
  try {
    return parseDate(value);
  } catch {
    return null;
  }
}

/** (W, S, E, N), or with heights (W, S, bottom, E, N, top). */
function boundsOf(value: unknown): LonLatBounds | null {
  if (!Array.isArray(value) || !(value.length === 4 || value.length === 6)) return null;
  if (!value.every((x) => typeof x === "number" && Number.isFinite(x))) return null;
  const [minLon, minLat, maxLon, maxLat] = value.length === 4
    ? value as [number, number, number, number]
    : [value[0], value[1], value[3], value[4]] as [number, number, number, number];
  return { minLon, minLat, maxLon, maxLat };
}

function readAsset(value: unknown, base: string): StacAsset | null {
  const json = objectOf(value);
  const href = textOf(json?.["href"]);
  if (!json || !href) return null;
  let address: URL;
  try {
    address = new URL(href, base);
  } catch {
    return null;
  }
  // buckets, and files of this machine, are not read because a catalogue says so
  const isOpen = address.protocol === "https:" ||
    (address.protocol === "http:" && new URL(base).protocol === "http:");
  return isOpen ? { href: address.href, type: textOf(json["type"]), bands: bandsOf(json) } : null;
}

/** STAC 1.1 has `bands`; before, there were `eo:bands` and `raster:bands` side by side. */
function bandsOf(asset: Json): AssetBand[] {
  const lists: (Json | null)[][] = ["bands", "eo:bands", "raster:bands"].map((key) => {
    const list = asset[key];
    return Array.isArray(list) ? list.slice(0, maxBands).map((band) => objectOf(band)) : [];
  });
  const count = lists.reduce((most, list) => Math.max(most, list.length), 0);
  return Array.from({ length: count }, (_, i) => {
    const parts = lists.map((list) => list[i] ?? null).filter((part) => part !== null);
    const first = <T>(keys: readonly string[], read: (value: unknown) => T | null): T | null => {
      for (const part of parts) {
        for (const key of keys) {
          const value = read(part[key]);
          if (value !== null) return value;
        }
      }
      return null;
    };
    const names = ["name", "common_name", "eo:common_name"].flatMap((key) =>
      parts.flatMap((part) => textOf(part[key]) ?? [])
    );
    return {
      names: [...new Set(names)],
      nodata: first(["nodata"], numberOf),
      scale: first(["scale", "raster:scale"], numberOf),
      offset: first(["offset", "raster:offset"], numberOf),
    };
  });
}

/** A number among an item's properties. */
export function numberProperty({ properties }: StacItem, name: string): number | null {
  const value = properties[name];
  if (typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value))) {
    return Number(value);
  }
  return numberOf(value);
}

/** A text among an item's properties. */
export function textProperty({ properties }: StacItem, name: string): string | null {
  return textOf(properties[name]);
}
