/**
 * What is to be known of Clay without loading it.
 *
 * @module
 */

import { type ModelCard, type SensorInit, type SensorSpec, sensorSpec } from "@rsembed/core";

function sensor(modality: string, init: SensorInit): SensorSpec {
  return sensorSpec({ ...init, modality });
}

/** The modalities of version 1.5. */
const sensors = ["s2", "landsat_l2", "landsat_l1", "s1_rtc", "naip", "linz", "modis"];

const sentinel2 = ["B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B11", "B12"];

/** The card of `clay`. */
export const card: ModelCard = {
  id: "clay",
  title: "Clay",
  summary:
    "Masked autoencoder of any sensor, told wavelengths, resolution, time and place; version 1.5, and 0.1 on chips of " +
    "13 bands",
  type: "on_the_fly",
  licence: { code: "Apache-2.0", weights: "Apache-2.0 (v1.5), OpenRAIL-M (v0.1)" },
  citation: "Clay Foundation (2024). Clay Foundation Model v1.5. https://madewithclay.org",
  homepage: "https://github.com/Clay-foundation/model",
  variants: {
    large: {
      summary: "v1.5: 24 layers, 1024 wide, 32 x 32 tokens",
      dim: 1024,
      parameters: 311_442_944,
      weights: {
        hub: "huggingface",
        repo: "made-with-clay/Clay",
        file: "v1.5/clay-v1.5.ckpt",
        revision: "main",
        sizeBytes: null,
        sha256: null,
      },
      modalities: sensors,
    },
    v0_1: {
      summary: "v0.1: 12 layers, 768 wide, 6 x 16 x 16 tokens, chips of 512 px",
      dim: 768,
      parameters: 95_271_168,
      weights: {
        hub: "huggingface",
        repo: "made-with-clay/Clay",
        file: "Clay_v0.1_epoch-24_val-loss-0.46.ckpt",
        revision: "main",
        sizeBytes: null,
        sha256: null,
      },
      modalities: ["v0_chip"],
    },
  },
  defaultVariant: "large",
  modalities: {
    s2: sensor("s2", { collection: "COPERNICUS/S2_SR_HARMONIZED", bands: sentinel2 }),
    landsat_l2: sensor("landsat_l2", {
      collection: "LANDSAT/LC09/C02/T1_L2",
      bands: ["SR_B4", "SR_B3", "SR_B2", "SR_B5", "SR_B6", "SR_B7"],
      scaleM: 30,
    }),
    landsat_l1: sensor("landsat_l1", {
      collection: "LANDSAT/LC09/C02/T1",
      bands: ["B4", "B3", "B2", "B5", "B6", "B7"],
      scaleM: 30,
    }),
    s1_rtc: sensor("s1_rtc", {
      collection: "sentinel-1-rtc",
      bands: ["VV", "VH"],
      cloudyPct: null,
      useFloatLinear: false,
    }),
    naip: sensor("naip", {
      collection: "USDA/NAIP/DOQQ",
      bands: ["R", "G", "B", "N"],
      scaleM: 1,
      cloudyPct: null,
      composite: "mosaic",
    }),
    linz: sensor("linz", {
      collection: "linz",
      bands: ["red", "green", "blue"],
      scaleM: 0.5,
      cloudyPct: null,
      composite: "mosaic",
    }),
    modis: sensor("modis", {
      collection: "MODIS/061/MOD09A1",
      bands: [1, 2, 3, 4, 5, 6, 7].map((band) => `sur_refl_b0${band}`),
      scaleM: 500,
      cloudyPct: null,
    }),
    v0_chip: sensor("v0_chip", {
      collection: "COPERNICUS/S2_SR_HARMONIZED+sentinel-1-rtc+COPERNICUS/DEM/GLO30",
      bands: [...sentinel2, "VH", "VV", "DEM"],
    }),
  },
  defaultModality: "s2",
  frames: "single",
  anyBands: true,
  imageSizePx: 256,
  outputs: ["pooled", "grid"],
  options: {
    use_time: {
      type: "boolean",
      default: true,
      description: "Tell the encoder the date, where it is known",
    },
    use_location: {
      type: "boolean",
      default: true,
      description: "Tell the encoder the place",
    },
  },
  pitfalls: [
    "Of each sensor any selection of its bands is taken, in any order; others have no published mean and deviation",
    "The resolution that the encoder is told is the sensor's scaleM, whatever the resized image has",
    "The pooled vector of v1.5 is the class token, the same for mean and max; that of v0.1 is a mean of tokens",
    "Values of Sentinel-2 in 0 to 2 are refused: digital numbers are wanted, not reflectance",
    "The date is that of the middle of the window, without an hour; a patch without a date is encoded without one",
    "The published v1.5 file is 4.8 GB, of which the encoder's 1.25 GB are read",
    "v0.1 wants Sentinel-1 as linear power, VH before VV, and elevation; its weights are under OpenRAIL-M, which " +
    "restricts their use",
    "Of the sensors of v1.5 Sentinel-2 and Landsat level 2 have reference cases; sizes and checksums of the files " +
    "are not known here, the hub's own are used",
  ],
  verified: {
    how:
      "Clay's encoder vendored in cybergis/rs-embed at 6f46d0c and its adapter, and Clay v0.0.1 at 0145e55, torch 1.13 " +
      "on a CPU: preparation, dates, places, generated kernels, tokens, pooled vectors and grids, with seeded random " +
      "weights; the published weights were not run",
    cases: [
      { name: "landsat-direct", maxAbsError: 8.7e-6 },
      { name: "preprocess", maxAbsError: 0 },
      { name: "s2-bands-256-roi", maxAbsError: 3.8e-5 },
      { name: "s2-bands-reordered", maxAbsError: 6.6e-6 },
      { name: "s2-default", maxAbsError: 2.1e-5 },
      { name: "v0-mean", maxAbsError: 2e-6 },
    ],
  },
  int8: { minCosine: 0.99974, how: "the reference cases" },
};
