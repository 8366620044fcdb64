/**
 * Imagery by its Earth Engine name: which bands, which files, what its numbers mean.
 *
 * Source: the asset names and conventions of the Planetary Computer and of Earth Search; the user guides
 * of Sentinel-2 L2A, Landsat Collection 2 level 2 and Sentinel-1 RTC.
 *
 * @module
 */

import type { SensorSpec } from "@rsembed/core";
import { canonicalBand } from "../bands.ts";
import { numberProperty, type StacItem, textProperty } from "./item.ts";

/** Where an item tells clouds. */
export interface CloudLayer {
  /** Names that its asset may have. */
  readonly assets: readonly string[];
  /** Whether a pixel of that value shows the ground. */
  readonly isClear: (value: number) => boolean;
}

/** A kind of imagery. */
export interface Imagery {
  /** Short name. */
  readonly kind: "sentinel-2" | "landsat" | "sentinel-1" | "elevation" | "other";
  /** Whether it has a band of that name. */
  readonly has: (band: string) => boolean;
  /** Names that the asset of a band may have, likeliest first. */
  readonly assetsOf: (band: string) => readonly string[];
  /** Value of missing pixels where files do not say. */
  readonly nodata: number | null;
  /** `null` where it has no clouds, or does not tell them. */
  readonly clouds: CloudLayer | null;
  /** Whether the cloud share of scenes is known, and may be asked for. */
  readonly hasCloudCover: boolean;
  /** Whether its date says nothing. */
  readonly isTimeless: boolean;
  /** Conditions of the query extension beyond clouds. */
  readonly query: (sensor: SensorSpec, strict: boolean) => Readonly<Record<string, unknown>>;
  /** Whether a scene is wanted: services may ignore conditions. */
  readonly accepts: (item: StacItem, sensor: SensorSpec, strict: boolean) => boolean;
  /** Whether numbers are turned into decibels. */
  readonly isDecibel: boolean;
  /** Whether Sentinel-2's offset of 1000 is taken off where a scene has it. */
  readonly isHarmonised: boolean;
  /** Whether a band is a reflectance, not classes, water vapour or aerosols. */
  readonly isReflectance: (band: string) => boolean;
}

const sentinel2Assets: Readonly<Record<string, readonly string[]>> = {
  B1: ["B01", "coastal"],
  B2: ["B02", "blue"],
  B3: ["B03", "green"],
  B4: ["B04", "red"],
  B5: ["B05", "rededge1"],
  B6: ["B06", "rededge2"],
  B7: ["B07", "rededge3"],
  B8: ["B08", "nir"],
  B8A: ["B8A", "nir08"],
  B9: ["B09", "nir09"],
  B11: ["B11", "swir16"],
  B12: ["B12", "swir22"],
  SCL: ["SCL", "scl"],
  AOT: ["AOT", "aot"],
  WVP: ["WVP", "wvp"],
};

const plain: Imagery = {
  kind: "other",
  has: () => true,
  assetsOf: (band) => [band],
  nodata: null,
  clouds: null,
  hasCloudCover: false,
  isTimeless: false,
  query: () => ({}),
  accepts: () => true,
  isDecibel: false,
  isHarmonised: false,
  isReflectance: () => false,
};

/** Classes without ground: none, saturated, shadow of clouds, clouds of all kinds. */
const cloudyClasses: ReadonlySet<number> = new Set([0, 1, 3, 8, 9, 10]);

function sentinel2(id: string): Imagery {
  const name = (band: string) => canonicalBand(band, id);
  return {
    ...plain,
    kind: "sentinel-2",
    has: (band) => Object.hasOwn(sentinel2Assets, name(band)),
    assetsOf: (band) => [...sentinel2Assets[name(band)] ?? [], band],
    nodata: 0,
    clouds: { assets: ["SCL", "scl"], isClear: (value) => !cloudyClasses.has(value) },
    hasCloudCover: true,
    isHarmonised: id.toUpperCase().includes("HARMONIZED"),
    isReflectance: (band) => /^B\d/.test(name(band)),
  };
}

/** Surface reflectance of Landsat 8 and 9, of 4 to 7, and the thermal band of each. */
const landsatAssets = {
  new: ["coastal", "blue", "green", "red", "nir08", "swir16", "swir22"],
  old: ["blue", "green", "red", "nir08", "swir16", null, "swir22"],
};

const landsatPlatforms: Readonly<Record<string, string>> = {
  LC09: "landsat-9",
  LC08: "landsat-8",
  LE07: "landsat-7",
  LT05: "landsat-5",
  LT04: "landsat-4",
};

function landsat(id: string): Imagery {
  const [, sensorId = "LC08"] = /LANDSAT\/(L[CET]0\d)\//i.exec(id) ?? [];
  const isNew = /LC/i.test(sensorId);
  const names = isNew ? landsatAssets.new : landsatAssets.old;
  const platform = landsatPlatforms[sensorId.toUpperCase()];
  const assetOf = (band: string): string | null => {
    const name = canonicalBand(band, id);
    const number = /^SR_B(\d)$/.exec(name)?.[1];
    if (number !== undefined) return names[Number(number) - 1] ?? null;
    if (name === (isNew ? "ST_B10" : "ST_B6")) return isNew ? "lwir11" : "lwir";
    return name === "QA_PIXEL" || name === "QA_RADSAT" ? name.toLowerCase() : null;
  };
  const tier = /_?T1_/i.test(id) || /T1_L2/i.test(id) ? "T1" : null;
  return {
    ...plain,
    kind: "landsat",
    has: (band) => assetOf(band) !== null,
    assetsOf: (band) => [assetOf(band) ?? band],
    nodata: 0,
    // bits: fill, dilated cloud, cirrus, cloud, shadow of clouds
    clouds: { assets: ["qa_pixel"], isClear: (value) => (value & 0b11111) === 0 },
    hasCloudCover: true,
    query: () => ({
      ...(platform ? { platform: { eq: platform } } : {}),
      ...(tier ? { "landsat:collection_category": { eq: tier } } : {}),
    }),
    accepts: (item) =>
      (!platform || textProperty(item, "platform") === platform) &&
      (!tier || (textProperty(item, "landsat:collection_category") ?? tier) === tier),
  };
}

function sentinel1(isDecibel: boolean): Imagery {
  const modeOf = (item: StacItem) => textProperty(item, "sar:instrument_mode");
  const orbitOf = ({ orbit }: SensorSpec) => orbit?.toLowerCase() ?? null;
  return {
    ...plain,
    kind: "sentinel-1",
    has: (band) => /^(?:VV|VH|HH|HV)$/i.test(band),
    assetsOf: (band) => [band.toLowerCase(), band.toUpperCase()],
    nodata: -32768,
    query: (sensor, strict) => ({
      ...(strict ? { "sar:instrument_mode": { eq: "IW" } } : {}),
      ...(sensor.orbit ? { "sat:orbit_state": { eq: orbitOf(sensor) } } : {}),
    }),
    accepts: (item, sensor, strict) =>
      (!strict || modeOf(item) === "IW") &&
      (!sensor.orbit || textProperty(item, "sat:orbit_state") === orbitOf(sensor)),
    isDecibel,
  };
}

const elevation: Imagery = {
  ...plain,
  kind: "elevation",
  has: (band) => /^(?:DEM|elevation|data)$/i.test(band),
  assetsOf: () => ["data", "elevation", "dem"],
  isTimeless: true,
};

/** The kind of imagery that a collection is, by its name in Earth Engine or in a catalogue. */
export function imageryOf(
  id: string,
  { useFloatLinear }: Pick<SensorSpec, "useFloatLinear">,
): Imagery {
  const upper = id.toUpperCase();
  if (/^COPERNICUS\/S2_SR/.test(upper)) return sentinel2(id);
  if (/^SENTINEL-2(?:-C1)?-L2A$/.test(upper)) return sentinel2("COPERNICUS/S2_SR_HARMONIZED");
  if (/^LANDSAT\/L[CET]0\d\/C02\/T[12]_L2$/.test(upper)) return landsat(id);
  if (upper.startsWith("COPERNICUS/S1_GRD")) return sentinel1(!useFloatLinear);
  if (upper === "SENTINEL-1-RTC") return sentinel1(false);
  if (upper === "COPERNICUS/DEM/GLO30" || upper === "COP-DEM-GLO-30") return elevation;
  return plain;
}

/** Whether a scene is among those of the sensor: time, cloud share, and what else its kind asks. */
export function isWanted(
  item: StacItem,
  { imagery, sensor, time, strict }: {
    readonly imagery: Imagery;
    readonly sensor: SensorSpec;
    readonly time: { readonly startMs: number; readonly endMs: number } | null;
    readonly strict: boolean;
  },
): boolean {
  if (time && !imagery.isTimeless) {
    if (item.timeMs === null || item.timeMs < time.startMs || item.timeMs >= time.endMs) {
      return false;
    }
  }
  if (imagery.hasCloudCover && sensor.cloudyPct !== null) {
    const share = numberProperty(item, "eo:cloud_cover");
    if (share === null || share > sensor.cloudyPct) return false;
  }
  return imagery.accepts(item, sensor, strict);
}

/**
 * The items without those that another delivery of the same scene replaces: the one of the highest
 * processing baseline stays, then the newest. Oldest scene first.
 */
export function withoutRepeats(items: readonly StacItem[]): StacItem[] {
  const best = new Map<string, StacItem>();
  for (const item of items) {
    const key = sceneKey(item);
    const known = best.get(key);
    if (!known || isBetter(item, known)) best.set(key, item);
  }
  return [...best.values()].sort((a, b) =>
    (a.timeMs ?? 0) - (b.timeMs ?? 0) || (a.id < b.id ? -1 : 1)
  );
}

/** One key for all deliveries of a scene: a tile of a datatake. */
function sceneKey(item: StacItem): string {
  const tile = textProperty(item, "s2:mgrs_tile") ??
    textProperty(item, "grid:code")?.replace(/^MGRS-/, "");
  if (!tile) return `${item.collection} ${item.id}`;
  return `${item.collection} ${tile} ${passOf(item)}`;
}

/** One key for the tiles of one pass, which lie beside each other: the datatake, whatever its processing baseline. */
export function passOf(item: StacItem): string {
  return textProperty(item, "s2:datatake_id")?.replace(/_N\d\d\.\d\d$/, "") ??
    `${textProperty(item, "platform")} ${Math.round((item.timeMs ?? 0) / 60_000)}`;
}

function isBetter(a: StacItem, b: StacItem): boolean {
  const baseline = (item: StacItem) => baselineOf(item) ?? 0;
  if (baseline(a) !== baseline(b)) return baseline(a) > baseline(b);
  const made = (item: StacItem) => textProperty(item, "s2:generation_time") ?? "";
  return made(a) !== made(b) ? made(a) > made(b) : a.id > b.id;
}

/** Processing baseline of a Sentinel-2 scene, such as 4 or 5.1. */
export function baselineOf(item: StacItem): number | null {
  return numberProperty(item, "s2:processing_baseline") ??
    numberProperty(item, "processing:version");
}
