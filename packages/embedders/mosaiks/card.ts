/**
 * What is to be known of MOSAIKS features without loading them.
 *
 * @module
 */

import { type ModelCard, sensorSpec } from "@rsembed/core";

/** The card of `mosaiks`. */
export const card: ModelCard = {
  id: "mosaiks",
  aliases: ["rcf"],
  title: "MOSAIKS random convolutional features",
  summary: "Random filters, rectified and averaged: no weights, any bands, any size",
  type: "on_the_fly",
  licence: { code: "Apache-2.0", weights: "none" },
  citation:
    "Rolf, E. et al. (2021). A generalizable and accessible approach to machine learning with global " +
    "satellite imagery. Nature Communications 12, 4392",
  homepage: "https://www.mosaiks.org",
  variants: {
    gaussian: {
      summary: "Filters drawn from a normal distribution; none is learned",
      dim: 512,
      parameters: 0,
      weights: null,
    },
  },
  defaultVariant: "gaussian",
  modalities: {
    s2: sensorSpec({
      collection: "COPERNICUS/S2_SR_HARMONIZED",
      bands: ["B2", "B3", "B4", "B8"],
      modality: "s2",
    }),
  },
  defaultModality: "s2",
  frames: "single",
  anyBands: true,
  imageSizePx: null,
  outputs: ["pooled", "grid"],
  options: {
    features: {
      type: "integer",
      default: 512,
      min: 2,
      max: 16384,
      description: "Length of the embedding, even: each filter gives two features",
    },
    kernel_size: {
      type: "integer",
      default: 3,
      min: 1,
      max: 15,
      description: "Side of a filter, px",
    },
    bias: {
      type: "number",
      default: -1,
      description: "Added to the response of every filter before it is rectified",
    },
    seed: {
      type: "integer",
      default: 0,
      min: 0,
      max: 4294967295,
      description: "Seed of the filters: embeddings of different seeds cannot be compared",
    },
    cell_px: {
      type: "integer",
      default: 16,
      min: 1,
      max: 1024,
      description: "Side of a cell of a grid, px",
    },
    normalization: {
      type: "string",
      default: "reflectance",
      choices: ["reflectance", "none"],
      description:
        "reflectance divides digital numbers by 10000 and clips to 0 to 1; none takes values as they are",
    },
  },
  pitfalls: [
    "Embeddings can be compared only with the same bands, features, kernel_size, bias and seed",
    "Filters are drawn by rsembed's own generator: they are not those of torchgeo for the same seed",
    "The filters are not learned: features need a regression on top to mean anything",
    "Values far from 0 to 1, such as decibels or raw digital numbers with normalization=none, make " +
    "the bias meaningless; scale them first",
  ],
  verified: {
    how: "The features of rectified convolutions recomputed in double precision",
    cases: [],
  },
};
