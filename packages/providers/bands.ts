/**
 * Names of bands: one spelling for what files, services and models call the same band.
 *
 * @module
 */

const sentinel2: Readonly<Record<string, string>> = {
  BLUE: "B2",
  GREEN: "B3",
  RED: "B4",
  NIR: "B8",
  NIR_BROAD: "B8",
  NIR_WIDE: "B8",
  NIR_NARROW: "B8A",
  NIRN: "B8A",
  NIRNARROW: "B8A",
  NIR_N: "B8A",
  RE1: "B5",
  RED_EDGE_1: "B5",
  REDEDGE1: "B5",
  RE2: "B6",
  RED_EDGE_2: "B6",
  REDEDGE2: "B6",
  RE3: "B7",
  RED_EDGE_3: "B7",
  REDEDGE3: "B7",
  RE4: "B8A",
  RED_EDGE_4: "B8A",
  REDEDGE4: "B8A",
  SWIR1: "B11",
  SWIR_1: "B11",
  SWIR16: "B11",
  SWIR2: "B12",
  SWIR_2: "B12",
  SWIR22: "B12",
  COASTAL: "B1",
};

function landsat(names: readonly string[]): Readonly<Record<string, string>> {
  const [blue, green, red, nir, swir1, swir2] = names as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  return {
    BLUE: blue,
    GREEN: green,
    RED: red,
    NIR: nir,
    SWIR1: swir1,
    SWIR_1: swir1,
    SWIR2: swir2,
    SWIR_2: swir2,
  };
}

const landsat89 = landsat(["SR_B2", "SR_B3", "SR_B4", "SR_B5", "SR_B6", "SR_B7"]);
const landsat457 = landsat(["SR_B1", "SR_B2", "SR_B3", "SR_B4", "SR_B5", "SR_B7"]);

/** Names that mean a band of a collection, upper case. */
function aliases(collection: string): Readonly<Record<string, string>> {
  const id = collection.toUpperCase();
  if (id.includes("COPERNICUS/S2")) return sentinel2;
  if (/LANDSAT\/LC0[89]\//.test(id)) return landsat89;
  if (/LANDSAT\/L[ET]0[457]\//.test(id)) return landsat457;
  return {};
}

/**
 * One spelling for all names of a band of a collection: `B02`, `b2`, `blue` and `B2 (490 nm)` of
 * Sentinel-2 are `B2`, `B08A` is `B8A`, `vv` is `VV`.
 *
 * Source: the band aliases of rs-embed, and Earth Engine's band names.
 *
 * @example
 * ```ts
 * import { canonicalBand } from "@rsembed/providers/local";
 * import assert from "node:assert/strict";
 *
 * assert.equal(canonicalBand("B02", "COPERNICUS/S2_SR_HARMONIZED"), "B2");
 * assert.equal(canonicalBand("red", "LANDSAT/LC08/C02/T1_L2"), "SR_B4");
 * ```
 */
export function canonicalBand(name: string, collection: string): string {
  // only what follows a bracket or a comma is a remark: "red edge 1" is not red
  const word = name.toUpperCase().split(/[(,;:]/, 1)[0]!.trim().replace(/[\s-]+/g, "_");
  const alias = aliases(collection);
  if (Object.hasOwn(alias, word)) return alias[word]!;
  const numbered = /^(SR_|ST_)?B0*(\d{1,2})(A?)$/.exec(word);
  return numbered ? `${numbered[1] ?? ""}B${numbered[2]}${numbered[3]}` : word;
}

/** Whether values of a band are classes or bits, between which there is nothing. */
export function isClassBand(band: string): boolean {
  return /^(?:SCL|label|Map|discrete_classification|LC_.*|landcover|state_1km)$|(?:^|_)(?:QA|MSK|QC|FMASK)(?:_|\d|$)/i
    .test(band);
}
