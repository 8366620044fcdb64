/**
 * What is to be known of Copernicus-Embed without loading it.
 *
 * @module
 */

import { type ModelCard, sensorSpec } from "@rsembed/core";
import { dimensionNames } from "../_stored/stored.ts";

/** The card of `copernicus`. */
export const card: ModelCard = {
  id: "copernicus",
  aliases: ["copernicus_embed"],
  title: "Copernicus-Embed-025deg",
  summary: "768 numbers for each cell of a quarter of a degree, of all Sentinels; stored, not run",
  type: "precomputed",
  licence: { code: "Apache-2.0", weights: "CC-BY-4.0" },
  citation:
    "Wang, Y. et al. (2025). Towards a Unified Copernicus Foundation Model for Earth Vision. arXiv 2503.11849",
  homepage: "https://huggingface.co/datasets/wangyi111/Copernicus-Embed-025deg",
  variants: {
    "025deg": {
      summary: "The global map of 310,000 cells, of 2021",
      dim: 768,
      parameters: 0,
      weights: null,
    },
  },
  defaultVariant: "025deg",
  modalities: {
    all: sensorSpec({
      collection: "torchgeo/copernicus_embed",
      bands: dimensionNames("C", 768, 3),
      scaleM: 27_830,
      cloudyPct: null,
      composite: "mosaic",
      modality: "all",
    }),
  },
  defaultModality: "all",
  years: [2021, 2021],
  frames: "single",
  anyBands: false,
  imageSizePx: null,
  outputs: ["pooled", "grid"],
  options: {},
  pitfalls: [
    "A cell is some 28 km wide: a smaller place gets the cell that its centre lies in",
    "The sea has no embeddings",
    "The grid lies in degrees (EPSG:4326), whatever projection is asked for",
  ],
  verified: {
    how: "Windows held against rs-embed's for the reference cases; decoding against a made-up map",
    cases: [],
  },
};
