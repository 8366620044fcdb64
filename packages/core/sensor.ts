/**
 * What imagery to fetch.
 *
 * @module
 */

import { RsembedError } from "./errors.ts";

/** How the scenes of a window become one image: the per-pixel median, or the latest on top. */
export type Composite = "median" | "mosaic";

/** The CRS of fetched grids: true ground metres, or the Web Mercator grid of rs-embed. */
export type Projection = "utm" | "webmercator";

/** Imagery, every choice explicit. */
export interface SensorSpec {
  /** Collection id in Earth Engine's naming, which all providers translate. */
  readonly collection: string;
  /** Bands in the order of the patch's channels. */
  readonly bands: readonly string[];
  /** Side of a pixel, metres. */
  readonly scaleM: number;
  /** Highest cloud share of a scene, percent; `null` switches the filter off. */
  readonly cloudyPct: number | null;
  /** Value of pixels without imagery. */
  readonly fillValue: number;
  /** How several scenes become one frame. */
  readonly composite: Composite;
  /** Whether cloudy pixels of a scene are left out of its composite, where the scenes tell them. */
  readonly cloudMask: boolean;
  /** Which grid the place is cut to. */
  readonly projection: Projection;
  /** Which of the model's modalities this is. */
  readonly modality: string | null;
  /** Sentinel-1 pass, `null` for both. */
  readonly orbit: "ASCENDING" | "DESCENDING" | null;
  /** Sentinel-1: linear power rather than decibels. */
  readonly useFloatLinear: boolean;
  /** Sentinel-1: interferometric wide swath only. */
  readonly s1RequireIw: boolean;
  /** Sentinel-1: drop that demand where it leaves nothing. */
  readonly s1RelaxIwOnEmpty: boolean;
}

/** The parts of a sensor that may be changed without naming another collection. */
export interface FetchSpec {
  /** Side of a pixel, metres. */
  readonly scaleM?: number;
  /** Highest cloud share of a scene, percent; `null` for no filter. */
  readonly cloudyPct?: number | null;
  /** Value of pixels without imagery. */
  readonly fillValue?: number;
  /** How several scenes become one frame. */
  readonly composite?: Composite;
  /** Whether cloudy pixels of a scene are left out of its composite. */
  readonly cloudMask?: boolean;
  /** Which grid the place is cut to. */
  readonly projection?: Projection;
}

/** What {@linkcode sensorSpec} needs: a collection and its bands, and whatever differs from the defaults. */
export type SensorInit =
  & Pick<SensorSpec, "collection" | "bands">
  & Partial<SensorSpec>;

function refuse(field: string, value: unknown, wanted: string): never {
  throw new RsembedError("spec", `Cannot use sensor.${field} ${JSON.stringify(value)}: ${wanted}`, {
    facts: { field: `sensor.${field}`, value },
  });
}

/**
 * A sensor with defaults filled in: 10 m, cloud share 30 %, fill 0, median, UTM.
 *
 * @throws {RsembedError} `spec` if bands are missing or repeated, or a number is out of range
 *
 * @example
 * ```ts
 * import { sensorSpec } from "@rsembed/core";
 * import assert from "node:assert/strict";
 *
 * const rgb = sensorSpec({ collection: "COPERNICUS/S2_SR_HARMONIZED", bands: ["B4", "B3", "B2"] });
 * assert.equal(rgb.scaleM, 10);
 * ```
 */
export function sensorSpec(init: SensorInit): SensorSpec {
  const sensor: SensorSpec = {
    scaleM: 10,
    cloudyPct: 30,
    fillValue: 0,
    composite: "median",
    cloudMask: false,
    projection: "utm",
    modality: null,
    orbit: null,
    useFloatLinear: true,
    s1RequireIw: true,
    s1RelaxIwOnEmpty: true,
    ...init,
  };
  if (!sensor.collection) refuse("collection", sensor.collection, "it must name a collection");
  if (sensor.bands.length === 0) refuse("bands", sensor.bands, "at least one band is needed");
  if (new Set(sensor.bands).size !== sensor.bands.length) {
    refuse("bands", sensor.bands, "bands must differ");
  }
  if (!(sensor.scaleM > 0 && Number.isFinite(sensor.scaleM))) {
    refuse("scaleM", sensor.scaleM, "a scale is a positive number of metres");
  }
  if (sensor.cloudyPct !== null && !(sensor.cloudyPct >= 0 && sensor.cloudyPct <= 100)) {
    refuse("cloudyPct", sensor.cloudyPct, "a share runs from 0 to 100, or is null");
  }
  if (!Number.isFinite(sensor.fillValue)) {
    refuse("fillValue", sensor.fillValue, "it must be finite");
  }
  if (sensor.composite !== "median" && sensor.composite !== "mosaic") {
    refuse("composite", sensor.composite, 'it is "median" or "mosaic"');
  }
  if (sensor.projection !== "utm" && sensor.projection !== "webmercator") {
    refuse("projection", sensor.projection, 'it is "utm" or "webmercator"');
  }
  return sensor;
}

/** A sensor with the given parts of a {@linkcode FetchSpec} in place of its own. */
export function applyFetch(sensor: SensorSpec, fetch: FetchSpec): SensorSpec {
  const given = Object.fromEntries(
    Object.entries(fetch).filter(([, value]) => value !== undefined),
  ) as FetchSpec;
  return sensorSpec({ ...sensor, ...given });
}
