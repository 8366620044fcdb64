/**
 * What is to be known of Tessera embeddings without loading them.
 *
 * @module
 */

import { type ModelCard, type SensorSpec, sensorSpec } from "@rsembed/core";
import { dimensionNames } from "../_stored/stored.ts";

function dataset(name: string): SensorSpec {
  return sensorSpec({
    collection: `tessera/${name}`,
    bands: dimensionNames("T", 128, 3),
    cloudyPct: null,
    composite: "mosaic",
    modality: name,
  });
}

/** The card of `tessera`. */
export const card: ModelCard = {
  id: "tessera",
  aliases: ["geotessera"],
  title: "Tessera annual embeddings",
  summary:
    "128 numbers for each 10 m pixel and year, from Sentinel-1 and Sentinel-2; stored, not run",
  type: "precomputed",
  licence: { code: "ISC", weights: "see the publisher" },
  citation:
    "Feng, Z. et al. (2025). TESSERA: Temporal Embeddings of Surface Spectra for Earth Representation and " +
    "Analysis. arXiv 2506.20380",
  homepage: "https://geotessera.org",
  variants: {
    base: {
      summary: "The published tiles",
      dim: 128,
      parameters: 0,
      weights: null,
    },
  },
  defaultVariant: "base",
  modalities: {
    v1: dataset("v1"),
    "v1.1-cam": dataset("v1.1-cam"),
  },
  defaultModality: "v1",
  years: [2017, 2025],
  frames: "single",
  anyBands: false,
  imageSizePx: null,
  outputs: ["pooled", "grid"],
  options: {},
  pitfalls: [
    "Embeddings of different datasets (modalities v1, v1.1-cam) cannot be compared",
    "Not every tile is there in every year: missing ones are named in the metadata, and their pixels are missing",
    "The licence of the data is not stated here: read it where it is published",
  ],
  verified: {
    how:
      "Names of tiles held against the GeoTessera library; decoding, seams and zones against made-up tiles",
    cases: [],
  },
};
