/**
 * What is to be known of AlphaEarth embeddings without loading them.
 *
 * @module
 */

import { type ModelCard, sensorSpec } from "@rsembed/core";
import { dimensionNames } from "../_stored/stored.ts";

/** The card of `gse`. */
export const card: ModelCard = {
  id: "gse",
  aliases: ["alphaearth", "aef", "google_satellite_embedding"],
  title: "AlphaEarth Foundations satellite embeddings",
  summary: "64 numbers for each 10 m pixel and year, on the unit sphere; stored, not run",
  type: "precomputed",
  licence: { code: "none", weights: "CC-BY-4.0" },
  citation:
    "Brown, C. F. et al. (2025). AlphaEarth Foundations. arXiv 2507.22291. The AlphaEarth Foundations " +
    "Satellite Embedding dataset is produced by Google and Google DeepMind",
  homepage: "https://developers.google.com/earth-engine/guides/aef_on_gcs_readme",
  variants: {
    annual: {
      summary: "The annual product, 2017 to 2025",
      dim: 64,
      parameters: 0,
      weights: null,
    },
  },
  defaultVariant: "annual",
  modalities: {
    annual: sensorSpec({
      collection: "GOOGLE/SATELLITE_EMBEDDING/V1/ANNUAL",
      bands: dimensionNames("A", 64, 2),
      cloudyPct: null,
      composite: "mosaic",
      modality: "annual",
    }),
  },
  defaultModality: "annual",
  years: [2017, 2025],
  frames: "single",
  anyBands: false,
  imageSizePx: null,
  outputs: ["pooled", "grid"],
  options: {},
  pitfalls: [
    "Means of unit vectors are shorter than 1: make them unit vectors again where cosine distance is wanted",
    "The public files are quantised to 8 bits: values differ from those of Earth Engine by up to 0.008",
    "Not every year is in every copy of the files",
  ],
  verified: {
    how:
      "Decoding of the files held against the formula of their description for all 256 numbers, and over " +
      "Earth Engine against rs-embed's recorded request",
    cases: [],
  },
};
