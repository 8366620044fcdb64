/**
 * What the provider knows of collections: their cloud property, what has no date, whose bands are whose.
 *
 * @module
 */

import { RsembedError, type SensorSpec } from "@rsembed/core";
import { canonicalBand } from "../bands.ts";

/** A band that tells clouds. */
export interface CloudBand {
  /** Its name. */
  readonly band: string;
  /** Classes that hide the ground, or bits of which none may be set. */
  readonly clear:
    | { readonly kind: "classes"; readonly cloudy: readonly number[] }
    | { readonly kind: "bits"; readonly cloudy: number };
}

/** Facts of one collection. */
export interface CollectionFacts {
  /** Its id in Earth Engine. */
  readonly id: string;
  /** Whether the asset is one image. */
  readonly isImage: boolean;
  /** Property with the cloud share of a scene, percent. */
  readonly cloudProperty: string | null;
  /** The band that tells clouds, where one does reliably. */
  readonly clouds: CloudBand | null;
  /** Whether its images say nothing of the time asked for, as those of terrain do. */
  readonly isTimeless: boolean;
  /** Whether it holds Sentinel-1 scenes, which are chosen by mode, pass and polarisation. */
  readonly isSentinel1: boolean;
}

/** Terrain models that are one image. */
const singleImages: ReadonlySet<string> = new Set([
  "USGS/SRTMGL1_003",
  "NASA/NASADEM_HGT/001",
  "CGIAR/SRTM90_V4",
  "MERIT/DEM/V1_0_3",
  "NOAA/NGDC/ETOPO1",
  "USGS/GMTED2010",
  "AU/GA/DEM_1SEC/V10/DEM-H",
]);

/**
 * The collections that a sensor names, joined by `+`.
 *
 * @throws {RsembedError} `unsupported` for a name that is none of Earth Engine's
 */
export function collectionsOf({ collection }: Pick<SensorSpec, "collection">): string[] {
  return collection.split("+").map((part) => {
    const id = part.trim();
    // every id of the public catalogue, and of a user's own assets, has a folder
    if (!/^[\w-]+(?:\/[\w.-]+)+$/.test(id)) {
      throw new RsembedError(
        "unsupported",
        `Cannot fetch "${id}" from Earth Engine: ids there look like COPERNICUS/S2_SR_HARMONIZED, name another collection or another backend`,
        { facts: { feature: `collection ${id}` } },
      );
    }
    return id;
  });
}

/** What is known of a collection by its id. */
export function collectionFacts(id: string): CollectionFacts {
  const upper = id.toUpperCase();
  return {
    id,
    isImage: singleImages.has(upper),
    cloudProperty: upper.includes("COPERNICUS/S2")
      ? "CLOUDY_PIXEL_PERCENTAGE"
      : upper.includes("LANDSAT/")
      ? "CLOUD_COVER"
      : null,
    clouds: upper.startsWith("COPERNICUS/S2_SR")
      ? { band: "SCL", clear: { kind: "classes", cloudy: [1, 3, 8, 9, 10] } }
      : /^LANDSAT\/.*_L2$/.test(upper)
      // dilated cloud, cirrus, cloud, shadow of clouds
      ? { band: "QA_PIXEL", clear: { kind: "bits", cloudy: 0b11110 } }
      : null,
    isTimeless: singleImages.has(upper) || upper.startsWith("COPERNICUS/DEM/") ||
      upper.startsWith("USGS/3DEP/") || upper.startsWith("JAXA/ALOS/AW3D30/"),
    isSentinel1: upper.startsWith("COPERNICUS/S1_GRD"),
  };
}

/** The collection of Sentinel-1 in the scale that a sensor asks for. */
export function sentinel1Collection(
  { useFloatLinear }: Pick<SensorSpec, "useFloatLinear">,
): string {
  return useFloatLinear ? "COPERNICUS/S1_GRD_FLOAT" : "COPERNICUS/S1_GRD";
}

/** Polarisations, in the order in which scenes are asked for them. */
export const polarisations: readonly string[] = ["VV", "VH", "HH", "HV"];

/**
 * Earth Engine's name of a band: names of Sentinel-2, Landsat level 2 and Sentinel-1 may be written in
 * several ways, all others are taken as they are.
 */
export function bandName(band: string, id: string): string {
  const upper = id.toUpperCase();
  const canonical = canonicalBand(band, id);
  const isNumbered = /^(?:SR_|ST_)?B\d{1,2}A?$/.test(canonical);
  if (upper.includes("COPERNICUS/S2")) return isNumbered ? canonical : band;
  if (/LANDSAT\/.*_L2/.test(upper)) return isNumbered ? canonical : band;
  if (upper.startsWith("COPERNICUS/S1_GRD")) {
    return polarisations.includes(canonical) ? canonical : band;
  }
  return band;
}
