/**
 * What is to be known of AnySat without loading it.
 *
 * @module
 */

import { type ModelCard, sensorSpec } from "@rsembed/core";

/** The card of `anysat`. */
export const card: ModelCard = {
  id: "anysat",
  title: "AnySat",
  summary:
    "Encoder of many sensors, resolutions and patch sizes, self-supervised on aligned imagery; here on " +
    "Sentinel-2 time series",
  type: "on_the_fly",
  licence: { code: "MIT", weights: "Unknown here: see huggingface.co/g-astruc/AnySat" },
  citation:
    "Astruc, G. et al. (2025). AnySat: One Earth Observation Model for Many Resolutions, Scales, and " +
    "Modalities. CVPR 2025, arXiv:2412.14123",
  homepage: "https://github.com/gastruc/AnySat",
  variants: {
    base: {
      summary: "6 blocks in a patch, 6 over patches and a last with learned queries, 768 wide",
      dim: 768,
      gridDim: 1536,
      parameters: 94_955_616,
      weights: {
        hub: "huggingface",
        repo: "g-astruc/AnySat",
        file: "models/AnySat.pth",
        revision: "main",
        sizeBytes: null,
        sha256: null,
      },
    },
  },
  defaultVariant: "base",
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
  imageSizePx: 24,
  outputs: ["pooled", "grid"],
  options: {
    patch_size_m: {
      type: "integer",
      default: null,
      min: 10,
      max: 240,
      description:
        "Side of a patch, m, a multiple of 10: so many pixels, each taken for 10 m, become a token; left " +
        "open, the scale of the imagery, one pixel",
    },
    image_size: {
      type: "integer",
      default: 24,
      min: 1,
      max: 128,
      description: "Side of the input, px; a multiple of the patch",
    },
    n_frames: {
      type: "integer",
      default: 8,
      min: 1,
      max: 24,
      description: "Number of frames that a window is cut into",
    },
    normalization: {
      type: "string",
      default: "per_tile_zscore",
      choices: ["per_tile_zscore", "unit_scale", "none"],
      description:
        "How digital numbers are scaled; per_tile_zscore by mean and deviation of each band over the " +
        "series at hand",
    },
    grid_feature_mode: {
      type: "string",
      default: "dense",
      choices: ["dense", "patch"],
      description:
        "Cells of a grid: dense has one for each pixel, its patch's vector and its own; patch one for each patch",
    },
    pooled_source: {
      type: "string",
      default: "patch",
      choices: ["patch", "tile"],
      description:
        "patch pools over the patches; tile is the encoder's own vector of the whole image",
    },
    day_of_year: {
      type: "integer",
      default: null,
      min: 1,
      max: 366,
      description: "Day of the year of all frames, 1 to 366, in place of that of their dates",
    },
  },
  pitfalls: [
    "Grids are twice as wide as vectors by default (1536 and 768): grid_feature_mode=dense",
    "The input is resized to 24 px unless image_size says otherwise, and each pixel is taken for one of 10 m",
    "Imagery of another scale than 10 m makes larger patches unless patch_size_m is given, as in rs-embed",
    "per_tile_zscore, the default, depends on the series at hand: the same ground in another patch or window " +
    "has other numbers",
    "A patch of one date is fed once for every frame, with the days of the parts of its window, as in rs-embed",
    "Imagery without a date needs the option day_of_year: the encoder is told the day of every frame",
    "Only Sentinel-2 is encoded; the checkpoint's other ten sensors are not used",
    "Size and checksum of the weights are not known here; the hub's own are used",
  ],
  verified: {
    how:
      "AnySat's encoder vendored in cybergis/rs-embed at 6f46d0c and its adapter, torch 1.13 on a CPU: " +
      "preparation, days, tokens, pooled vectors and grids, with seeded random weights; the published weights " +
      "were not run",
    cases: [
      { name: "s2-default", maxAbsError: 7.4e-5 },
      { name: "s2-patch20", maxAbsError: 8.2e-6 },
      { name: "s2-patch30-unit", maxAbsError: 2.7e-6 },
      { name: "preprocess", maxAbsError: 3.9e-6 },
    ],
  },
  int8: { minCosine: 0.9992, how: "the reference cases" },
};
