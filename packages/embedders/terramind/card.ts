/**
 * What is to be known of TerraMind without loading it.
 *
 * @module
 */

import { type ModelCard, sensorSpec, type VariantCard } from "@rsembed/core";

function variant(size: string, card: Omit<VariantCard, "weights">): VariantCard {
  return {
    ...card,
    weights: {
      hub: "huggingface",
      repo: `ibm-esa-geospatial/TerraMind-1.0-${size}`,
      file: `TerraMind_v1_${size}.pt`,
      revision: "main",
      sizeBytes: null,
      sha256: null,
    },
  };
}

/** The card of `terramind`. */
export const card: ModelCard = {
  id: "terramind",
  title: "TerraMind",
  summary:
    "Encoder of a generative model of many kinds of Earth observation; here of one image of one kind",
  type: "on_the_fly",
  licence: { code: "Apache-2.0", weights: "Apache-2.0" },
  citation:
    "Jakubik, J. et al. (2025). TerraMind: Large-Scale Generative Multimodality for Earth Observation. " +
    "ICCV. arXiv:2504.11171",
  homepage: "https://github.com/IBM/terramind",
  variants: {
    tiny: variant("tiny", {
      summary: "12 layers, 192 wide, 14 x 14 tokens",
      dim: 192,
      parameters: 5_966_400,
    }),
    small: variant("small", {
      summary: "12 layers, 384 wide, 14 x 14 tokens",
      dim: 384,
      parameters: 22_549_632,
    }),
    base: variant("base", {
      summary: "12 layers, 768 wide, gated, 14 x 14 tokens",
      dim: 768,
      parameters: 87_483_648,
    }),
    large: variant("large", {
      summary: "24 layers, 1024 wide, gated, 14 x 14 tokens",
      dim: 1024,
      parameters: 305_388_544,
    }),
    v01_base: {
      summary: "the first release: 12 layers, 768 wide, gated, 14 x 14 tokens",
      dim: 768,
      parameters: 87_483_648,
      weights: {
        hub: "huggingface",
        repo: "FAST-EO/TerraMind-0.1-base",
        file: "TerraMind_v01_base.pt",
        revision: "main",
        sizeBytes: null,
        sha256: null,
      },
      modalities: ["s2l2a"],
    },
  },
  defaultVariant: "small",
  modalities: {
    s2l2a: sensorSpec({
      collection: "COPERNICUS/S2_SR_HARMONIZED",
      bands: ["B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B11", "B12"],
      modality: "s2l2a",
    }),
    s1grd: sensorSpec({
      collection: "COPERNICUS/S1_GRD",
      bands: ["VV", "VH"],
      cloudyPct: null,
      useFloatLinear: false,
      modality: "s1grd",
    }),
    s1rtc: sensorSpec({
      collection: "sentinel-1-rtc",
      bands: ["VV", "VH"],
      cloudyPct: null,
      useFloatLinear: false,
      modality: "s1rtc",
    }),
    dem: sensorSpec({
      collection: "COPERNICUS/DEM/GLO30",
      bands: ["DEM"],
      cloudyPct: null,
      composite: "mosaic",
      modality: "dem",
    }),
  },
  defaultModality: "s2l2a",
  frames: "single",
  anyBands: false,
  imageSizePx: 224,
  outputs: ["pooled", "grid"],
  options: {
    normalization: {
      type: "string",
      default: "zscore",
      choices: ["zscore", "none"],
      description: "zscore subtracts the means and divides by the deviations of the training set",
    },
    layer_index: {
      type: "integer",
      default: -1,
      min: -24,
      max: 23,
      description:
        "Block whose tokens are given, from the end if negative; only those of the last one are normed",
    },
  },
  pitfalls: [
    "s1grd and s1rtc are decibels, dem metres; of these only the encoder of s1grd has a reference case",
    "A rectangular patch is stretched to a square",
    "tiny and small are other networks than base and large, which have gates and no biases",
    "v01_base was trained on other statistics and is gated on the hub: accept its terms and set HF_TOKEN",
    "Sizes and checksums of the weights are not known here; the hub's own are used",
  ],
  verified: {
    how:
      "terratorch's encoder at 85467a9 and rs-embed's adapter at 6f46d0c, torch 1.13 on a CPU: preparation, " +
      "tokens, pooled vectors and grids of both styles, and the tokens of s1grd, with seeded random weights; " +
      "the published weights were not run",
    cases: [
      { name: "model-s1grd", maxAbsError: 1.2e-6 },
      { name: "preprocess", maxAbsError: 2e-6 },
      { name: "s2-base-swiglu", maxAbsError: 5.7e-6 },
      { name: "s2-small-default", maxAbsError: 3.7e-6 },
      { name: "s2-v01-layer", maxAbsError: 3.9e-6 },
    ],
  },
  int8: { minCosine: 0.99919, how: "the reference cases" },
};
