/**
 * What is to be known of Galileo without loading it.
 *
 * @module
 */

import { type HubWeights, type ModelCard, sensorSpec } from "@rsembed/core";

/** Sizes and hashes are the hub's own to say: the copies that were verified came by another way. */
function weights(variant: string): HubWeights {
  return {
    hub: "huggingface",
    repo: "nasaharvest/galileo",
    file: `models/${variant}/encoder.pt`,
    revision: "main",
    sizeBytes: null,
    sha256: null,
  };
}

/** The card of `galileo`. */
export const card: ModelCard = {
  id: "galileo",
  title: "Galileo",
  summary: "Encoder of image time series, self-supervised on many sensors; here on Sentinel-2",
  type: "on_the_fly",
  licence: { code: "MIT", weights: "MIT" },
  citation:
    "Tseng, G. et al. (2025). Galileo: Learning Global & Local Features of Many Remote Sensing " +
    "Modalities. arXiv:2502.09356",
  homepage: "https://github.com/nasaharvest/galileo",
  variants: {
    nano: {
      summary: "4 layers, 128 wide",
      dim: 128,
      parameters: 1_037_856,
      weights: weights("nano"),
    },
    tiny: {
      summary: "12 layers, 192 wide",
      dim: 192,
      parameters: 5_705_520,
      weights: weights("tiny"),
    },
    base: {
      summary: "12 layers, 768 wide",
      dim: 768,
      parameters: 86_523_072,
      weights: weights("base"),
    },
  },
  defaultVariant: "nano",
  modalities: {
    s2: sensorSpec({
      collection: "COPERNICUS/S2_SR_HARMONIZED",
      bands: ["B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B11", "B12"],
      modality: "s2",
    }),
  },
  defaultModality: "s2",
  frames: "series",
  anyBands: false,
  imageSizePx: 64,
  outputs: ["pooled", "grid"],
  options: {
    image_size: {
      type: "integer",
      default: 64,
      min: 1,
      max: 512,
      description: "Side of the input, px; a multiple of patch_size",
    },
    patch_size: {
      type: "integer",
      default: 8,
      min: 1,
      max: 8,
      description: "Side of a patch, px: a token is this many pixels wide",
    },
    normalization: {
      type: "string",
      default: "pretraining",
      choices: ["pretraining", "none", "unit_scale", "per_tile_minmax", "official_stats"],
      description:
        "How digital numbers are scaled; pretraining is what the weights were trained with",
    },
    temporal_mode: {
      type: "string",
      default: "auto",
      choices: ["auto", "single", "multi"],
      description:
        "single makes one frame of the window; auto and multi cut windows of over 30 days",
    },
    n_frames: {
      type: "integer",
      default: null,
      min: 1,
      max: 24,
      description: "Number of frames; left open, one for every 30 days, at most 12",
    },
    month: {
      type: "integer",
      default: null,
      min: 1,
      max: 12,
      description: "Month of all frames, 1 to 12, in place of that of their dates",
    },
    add_layernorm_on_exit: {
      type: "boolean",
      default: true,
      description: "Normalise the tokens after the last layer",
    },
  },
  pitfalls: [
    "rs-embed feeds raw digital numbers by default; its numbers come with normalization=none",
    "Imagery without a date needs the option month: the encoder is told the month of every frame",
    "Only Sentinel-2 is encoded; Sentinel-1, weather, elevation and land cover inputs are masked",
    "The input is resized to 64 px unless image_size says otherwise; pixels of 10 m are assumed",
    "Memory grows with the square of (image_size / patch_size)^2 x frames",
    "Checksums of the tiny and base weights are not known here; the hub's own are used",
  ],
  verified: {
    how:
      "Encoder vendored in cybergis/rs-embed at 6f46d0c, torch 1.13 on a CPU: preparation, tokens, " +
      "pooled vectors and grids, with the published nano weights and with seeded random ones",
    cases: [
      { name: "nano-real", maxAbsError: 1.2e-5 },
      { name: "nano-real-peer-default", maxAbsError: 4.2e-7 },
      { name: "s2-multi", maxAbsError: 1.7e-6 },
      { name: "s2-single-patch4-pretraining", maxAbsError: 1.5e-6 },
      { name: "s2-twelve-frames-resized", maxAbsError: 1.8e-6 },
      { name: "s2-minmax-patch5", maxAbsError: 1.7e-6 },
      { name: "preprocess", maxAbsError: 2.4e-7 },
    ],
  },
  int8: { minCosine: 0.99915, how: "the reference cases, some on published weights" },
};
