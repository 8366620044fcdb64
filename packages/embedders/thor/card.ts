/**
 * What is to be known of THOR without loading it.
 *
 * @module
 */

import { type ModelCard, sensorSpec, type VariantCard } from "@rsembed/core";

/** Sizes and hashes are the hub's own to say: the files were not at hand. */
function variant(
  name: string,
  { dim, layers, parameters }: { dim: number; layers: number; parameters: number },
): VariantCard {
  return {
    summary: `${layers} layers, ${dim} wide`,
    dim,
    parameters,
    weights: {
      hub: "huggingface",
      repo: `FM4CS/THOR-1.0-${name}`,
      file: `thor_v1_vit_${name}.pt`,
      revision: "main",
      sizeBytes: null,
      sha256: null,
    },
  };
}

/** The card of `thor`. */
export const card: ModelCard = {
  id: "thor",
  aliases: ["thor_1_0_base"],
  title: "THOR",
  summary:
    "Vision transformer of Sentinel-1, 2 and 3 with patches of any size; here on Sentinel-2 or Sentinel-1",
  type: "on_the_fly",
  licence: { code: "MIT", weights: "unknown here: see huggingface.co/FM4CS" },
  citation:
    "Norwegian Computing Center et al. (2026). THOR: a foundation model for Sentinel-1, 2 and 3. arXiv:2601.16011",
  homepage: "https://github.com/FM4CS/THOR",
  variants: {
    tiny: variant("tiny", { dim: 192, layers: 12, parameters: 7_608_899 }),
    small: variant("small", { dim: 384, layers: 12, parameters: 25_834_630 }),
    base: variant("base", { dim: 768, layers: 12, parameters: 94_136_588 }),
    large: variant("large", { dim: 1024, layers: 24, parameters: 314_419_728 }),
  },
  defaultVariant: "base",
  modalities: {
    s2: sensorSpec({
      collection: "COPERNICUS/S2_SR_HARMONIZED",
      bands: ["B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B11", "B12"],
      modality: "s2",
    }),
    s1: sensorSpec({
      collection: "COPERNICUS/S1_GRD_FLOAT",
      bands: ["VV", "VH"],
      cloudyPct: null,
      modality: "s1",
    }),
  },
  defaultModality: "s2",
  frames: "single",
  anyBands: false,
  imageSizePx: null,
  outputs: ["pooled", "grid"],
  options: {
    image_size: {
      type: "integer",
      default: 288,
      min: 1,
      max: 1024,
      description: "Side that images are resized to where they cannot stay as they are, px",
    },
    patch_size: {
      type: "integer",
      default: 8,
      min: 1,
      max: 64,
      description: "Side of a patch, px of each band's own: with 8, 80 m for bands of 10 m",
    },
    normalization: {
      type: "string",
      default: "thor_stats",
      choices: ["thor_stats", "unit_scale", "none"],
      description:
        "thor_stats as in training; unit_scale is reflectance; none leaves values as they are",
    },
    group_merge: {
      type: "string",
      default: "mean",
      choices: ["mean", "sum", "concat"],
      description:
        "How the grids of bands of 10 m and of 20 m become one; concat has twice the channels",
    },
    resize_mode: {
      type: "string",
      default: "native_snap",
      choices: ["native_snap", "fixed"],
      description:
        "native_snap keeps pixels, and cuts or fills to whole patches; fixed resizes all images",
    },
    shape_adjust: {
      type: "string",
      default: "crop",
      choices: ["crop", "pad"],
      description: "How images that are kept become square: cut down, or filled up",
    },
    shape_tol_px: {
      type: "integer",
      default: 8,
      min: 0,
      max: 10_000,
      description: "Most that height and width may differ by for an image to be kept, px",
    },
    max_native_side: {
      type: "integer",
      default: 384,
      min: 1,
      max: 1024,
      description: "Longest side that is kept, px",
    },
    max_native_tokens: {
      type: "integer",
      default: 3000,
      min: 1,
      max: 8192,
      description: "Most tokens of an image that is kept",
    },
  },
  pitfalls: [
    "Images stay in their own pixels where they can, cut or filled to whole patches; larger ones are resized to " +
    "image_size, and rectangles are stretched",
    "Each size of image has a graph of its own, made when it is first seen",
    "Tokens are those of the last block, without a norm, as upstream",
    "Tokens of bands of 20 m cover twice the ground of those of 10 m, and count as much in the pooled vector",
    "Sentinel-1 is scaled by one percentile of the whole patch: the same ground in another patch differs",
    "Sentinel-1 is linear power, not decibels",
    "Attention is weighed by distance, which is held for each head: 126 MB at 288 px with patches of 8 px, and by " +
    "the square of the number of tokens",
    "Sentinel-3 is not offered; sizes and checksums of the weights are not known here, the hub's own are used",
  ],
  verified: {
    how:
      "THOR v1.0.2 and thor_terratorch_ext as vendored in cybergis/rs-embed at 6f46d0c and its adapter, torch 1.13 on a " +
      "CPU: geometry, preparation, tokens, pooled vectors and grids of both sensors, with seeded random weights; the " +
      "published weights were not run",
    cases: [
      { name: "preprocess", maxAbsError: 1.5e-6 },
      { name: "s1-default", maxAbsError: 2.9e-6 },
      { name: "s2-default", maxAbsError: 4.8e-6 },
      { name: "s2-fixed-p6-unit", maxAbsError: 5.8e-6 },
      { name: "s2-p20-scale20", maxAbsError: 4.3e-6 },
      { name: "s2-patch16-pad", maxAbsError: 2.9e-6 },
    ],
  },
  int8: { minCosine: 0.99997, how: "the reference cases" },
};
