/**
 * What is to be known of OlmoEarth without loading it.
 *
 * @module
 */

import { type ModelCard, sensorSpec, type VariantCard } from "@rsembed/core";

/** Sizes and hashes are the hub's own to say: the files were not at hand. */
function variant(
  release: string,
  { dim, layers, parameters }: { dim: number; layers: number; parameters: number },
): VariantCard {
  return {
    summary: `${layers} layers, ${dim} wide, release ${release.split("-")[0]!.replace("_", ".")}`,
    dim,
    parameters,
    weights: {
      hub: "huggingface",
      repo: `allenai/OlmoEarth-${release}`,
      file: "weights.pth",
      revision: "main",
      sizeBytes: null,
      sha256: null,
    },
  };
}

const nano = { dim: 128, layers: 4 } as const;
const tiny = { dim: 192, layers: 12 } as const;
const small = { dim: 384, layers: 12 } as const;
const base = { dim: 768, layers: 12 } as const;
const large = { dim: 1024, layers: 24 } as const;

/** The card of `olmoearth`. */
export const card: ModelCard = {
  id: "olmoearth",
  title: "OlmoEarth",
  summary:
    "Encoder of images and time series of Sentinel-2 or Sentinel-1, self-supervised on many sensors and maps",
  type: "on_the_fly",
  licence: {
    code: "OlmoEarth Artifact License (upstream; the graph here is rsembed's own)",
    weights: "OlmoEarth Artifact License (not OSI: no military or extractive uses)",
  },
  citation:
    "Herzog, H. et al. (2025). OlmoEarth: Stable Latent Image Modeling for Multimodal Earth " +
    "Observation. arXiv:2511.13655",
  homepage: "https://github.com/allenai/olmoearth_pretrain",
  variants: {
    nano: variant("v1-Nano", { ...nano, parameters: 1_361_024 }),
    tiny: variant("v1-Tiny", { ...tiny, parameters: 6_202_560 }),
    base: variant("v1-Base", { ...base, parameters: 88_953_600 }),
    large: variant("v1-Large", { ...large, parameters: 307_770_368 }),
    nano_v1_1: variant("v1_1-Nano", { ...nano, parameters: 1_697_328 }),
    tiny_v1_1: variant("v1_1-Tiny", { ...tiny, parameters: 12_461_296 }),
    base_v1_1: variant("v1_1-Base", { ...base, parameters: 113_973_952 }),
    nano_v1_2: variant("v1_2-Nano", { ...nano, parameters: 1_698_096 }),
    tiny_v1_2: variant("v1_2-Tiny", { ...tiny, parameters: 12_464_752 }),
    small_v1_2: variant("v1_2-Small", { ...small, parameters: 35_615_200 }),
    base_v1_2: variant("v1_2-Base", { ...base, parameters: 113_987_776 }),
  },
  defaultVariant: "base_v1_2",
  modalities: {
    s2: sensorSpec({
      collection: "COPERNICUS/S2_SR_HARMONIZED",
      bands: ["B2", "B3", "B4", "B8", "B5", "B6", "B7", "B8A", "B11", "B12", "B1", "B9"],
      modality: "s2",
    }),
    s1: sensorSpec({
      collection: "COPERNICUS/S1_GRD",
      bands: ["VV", "VH"],
      cloudyPct: null,
      useFloatLinear: false,
      modality: "s1",
    }),
  },
  defaultModality: "s2",
  frames: "series",
  anyBands: false,
  imageSizePx: 256,
  outputs: ["pooled", "grid"],
  options: {
    image_size: {
      type: "integer",
      default: 256,
      min: 1,
      max: 1024,
      description: "Side of the input, px; a multiple of patch_size",
    },
    patch_size: {
      type: "integer",
      default: 4,
      min: 1,
      max: 8,
      description: "Side of a patch, px: a token is this many pixels wide",
    },
    shape_adjust: {
      type: "string",
      default: "pad",
      choices: ["pad", "crop"],
      description: "How images become square: padded by reflection, or cut down to their middle",
    },
    temporal_mode: {
      type: "string",
      default: "auto",
      choices: ["auto", "single", "multi"],
      description:
        "single makes one frame of the window, dated by its middle; multi a frame for every 30 days, at most " +
        "12, dated by their first day; auto is multi for windows of over 30 days",
    },
    grid_pooling: {
      type: "string",
      default: "mean",
      choices: ["mean", "max"],
      description: "How the frames and band sets of a cell of a grid become one",
    },
  },
  pitfalls: [
    "The encoder is told the month of every frame: imagery needs a time",
    "Sentinel-1 is decibels, unless the imagery is said to be linear power (useFloatLinear)",
    "Frames without imagery are left out; further gaps are taken for values of 0, as in rs-embed",
    "A window of over 12 x 30 days misses up to 29 at its end, a longer one is cut in 12 equal parts, as in " +
    "rs-embed",
    "Padding is pooled too; rs-embed fetches real imagery around the place instead",
    "Imagery is resized to 256 px unless image_size says otherwise; pixels of 10 m are assumed",
    "Run time grows with the square of (image_size / patch_size)^2 x frames, times 9 for v1 on Sentinel-2: " +
    "the default size has 4096 tokens a frame",
    "The licence forbids some uses and must be passed on with the weights",
    "Sizes and checksums of the weights are not known here; the hub's own are used",
  ],
  verified: {
    how:
      "allenai/olmoearth_pretrain at 0a8852e and the adapter of cybergis/rs-embed at 6f46d0c, torch 1.13 " +
      "on a CPU: preparation, dates, tokens, pooled vectors and grids, with seeded random weights; the " +
      "published weights were not run",
    cases: [
      { name: "preprocess", maxAbsError: 1.7e-7 },
      { name: "v1-s1-multi", maxAbsError: 2.2e-6 },
      { name: "v1-s2-multi", maxAbsError: 6.1e-6 },
      { name: "v11-s2-single", maxAbsError: 4.5e-6 },
      { name: "v12-s1-single", maxAbsError: 2.1e-6 },
      { name: "v12-s2-multi", maxAbsError: 3.1e-5 },
      { name: "v12-s2-single", maxAbsError: 1.7e-5 },
    ],
  },
  int8: { minCosine: 0.99943, how: "the reference cases" },
};
