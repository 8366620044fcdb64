/**
 * What is to be known of Presto without loading it.
 *
 * @module
 */

import { type ModelCard, sensorSpec } from "@rsembed/core";

const s2 = ["B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B11", "B12"] as const;

/** The card of `presto`. */
export const card: ModelCard = {
  id: "presto",
  title: "Presto",
  summary:
    "Small transformer of the time series of single pixels, trained on Sentinel-2, Sentinel-1 and weather",
  type: "on_the_fly",
  licence: { code: "MIT", weights: "MIT" },
  citation:
    "Tseng, G. et al. (2023). Lightweight, Pre-trained Transformers for Remote Sensing Timeseries. " +
    "arXiv:2304.14065",
  homepage: "https://github.com/nasaharvest/presto",
  variants: {
    default: {
      summary: "2 layers, 128 wide, one embedding a pixel",
      dim: 128,
      parameters: 404_160,
      weights: {
        hub: "huggingface",
        repo: "nasaharvest/presto",
        file: "default_model.pt",
        revision: "main",
        sizeBytes: null,
        sha256: null,
      },
    },
  },
  defaultVariant: "default",
  modalities: {
    s2: sensorSpec({ collection: "COPERNICUS/S2_SR_HARMONIZED", bands: [...s2], modality: "s2" }),
    s2_l1c: sensorSpec({
      collection: "COPERNICUS/S2_HARMONIZED",
      bands: [...s2],
      modality: "s2_l1c",
    }),
    s1: sensorSpec({
      collection: "COPERNICUS/S1_GRD",
      bands: ["VV", "VH"],
      cloudyPct: null,
      useFloatLinear: false,
      modality: "s1",
    }),
    s1_s2: sensorSpec({
      collection: "COPERNICUS/S2_SR_HARMONIZED+COPERNICUS/S1_GRD",
      bands: [...s2, "VV", "VH"],
      useFloatLinear: false,
      modality: "s1_s2",
    }),
  },
  defaultModality: "s2",
  frames: "series",
  anyBands: true,
  imageSizePx: null,
  outputs: ["pooled", "grid"],
  options: {
    max_frames: {
      type: "integer",
      default: 12,
      min: 1,
      max: 24,
      description: "Most frames of 30 days that are chosen without being asked for",
    },
    n_frames: {
      type: "integer",
      default: null,
      min: 1,
      max: 24,
      description:
        "Number of frames, equally long; left open, one for every 30 days, at most max_frames",
    },
    month_of: {
      type: "string",
      default: "midpoint",
      choices: ["midpoint", "start"],
      description: "Which day of a frame tells its month: upstream's own tools take the start",
    },
    month: {
      type: "integer",
      default: null,
      min: 1,
      max: 12,
      description: "Month of all frames, for imagery without dates",
    },
    use_location: {
      type: "boolean",
      default: true,
      description: "Tell the encoder where each pixel lies",
    },
    pooled_over: {
      type: "string",
      default: "all",
      choices: ["all", "valid"],
      description:
        "Pixels that the mean of pooled is taken over: all, or those with imagery in a frame",
    },
  },
  pitfalls: [
    "Every pixel is embedded alone: nothing of its neighbours is seen, and a patch of 224 px is 50,176 series; " +
    "larger patches are cut into tiles of 16 px, which changes no numbers",
    "Trained on top-of-atmosphere Sentinel-2 (modality s2_l1c); surface reflectance, the default, is what most " +
    "feed it",
    "A pixel without imagery in any frame is embedded by its place alone; the metadata counts them",
    "A group of bands is left out where one of its bands is missing",
    "Bands beyond Sentinel-2 and Sentinel-1 are taken by name: temperature_2m (K), total_precipitation (m, mean " +
    "per day), elevation (m), slope (degrees), dynamic_world (0 to 8); precipitation as a monthly sum is 30 " +
    "times too much",
    "Several public wrappers put B11 and B12 in wrong places: their numbers differ",
  ],
  verified: {
    how:
      "nasaharvest/presto at 13173d0, torch 1.13 on a CPU, with the published weights and with seeded random " +
      "ones: preparation, tokens, embeddings, grids and pooled vectors, all inputs, gaps and missing bands",
    cases: [
      { name: "preprocess", maxAbsError: 0 },
      { name: "real-full", maxAbsError: 6.8e-6 },
      { name: "real-s1-s2-gaps", maxAbsError: 5.9e-6 },
      { name: "real-s2-grid", maxAbsError: 4.8e-6 },
      { name: "tiny-full", maxAbsError: 2e-6 },
      { name: "tiny-max-frames-gaps", maxAbsError: 2e-6 },
      { name: "tiny-rgb-single", maxAbsError: 1.4e-6 },
      { name: "tiny-s2", maxAbsError: 1.7e-6 },
      { name: "tiny-safetensors", maxAbsError: 1.4e-6 },
    ],
  },
  int8: { minCosine: 0.99985, how: "the reference cases, some on published weights" },
};
