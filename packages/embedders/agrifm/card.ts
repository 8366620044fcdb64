/**
 * What is to be known of AgriFM without loading it.
 *
 * @module
 */

import { type ModelCard, sensorSpec } from "@rsembed/core";

/** The card of `agrifm`. */
export const card: ModelCard = {
  id: "agrifm",
  title: "AgriFM",
  summary:
    "Video Swin transformer of Sentinel-2 time series, trained for crop mapping with MODIS and HLS",
  type: "on_the_fly",
  licence: { code: "Apache-2.0", weights: "not stated" },
  citation:
    "Li, W. et al. (2026). AgriFM: A multi-source temporal remote sensing foundation model for agriculture " +
    "mapping. Remote Sensing of Environment. arXiv:2505.21357",
  homepage: "https://github.com/flyakon/AgriFM",
  variants: {
    base: {
      summary: "Video Swin-B: 24 blocks, 128 to 1024 wide, windows of 8 x 7 x 7, 14 x 14 cells",
      dim: 1024,
      parameters: 87_646_920,
      weights: {
        hub: "web",
        url: "https://glass.hku.hk/casual/AgriFM/AgriFM.pth",
        repo: "flyakon/AgriFM",
        file: "AgriFM.pth",
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
  imageSizePx: 224,
  outputs: ["pooled", "grid"],
  options: {
    normalization: {
      type: "string",
      default: "agrifm_stats",
      choices: ["agrifm_stats", "unit_scale", "none"],
      description:
        "agrifm_stats subtracts the means and divides by the deviations of the training set, unit_scale is " +
        "reflectance in 0 to 1, none leaves digital numbers",
    },
    n_frames: {
      type: "integer",
      default: 8,
      min: 1,
      max: 64,
      description:
        "Frames that a window is cut into, equally long; more than 32 give vectors of 2048",
    },
    image_size: {
      type: "integer",
      default: 224,
      min: 16,
      max: 512,
      description: "Side of the input, px",
    },
  },
  pitfalls: [
    "The encoder is not told dates: a series of other length or season looks the same to it but for its pixels",
    "A single image is repeated to fill the frames",
    "The means and deviations are the published ones, far brighter than most land",
    "Each number of frames and size of image has a graph of its own",
    "No licence is stated for the weights, and their address, size and checksum could not be checked here",
  ],
  verified: {
    how:
      "AgriFM's backbone vendored in cybergis/rs-embed at 6f46d0c and its adapter, torch 1.13 on a CPU: " +
      "preparation, patches, blocks, stages, pooled vectors and grids, with seeded random weights; the " +
      "published weights were not run",
    cases: [
      { name: "preprocess", maxAbsError: 1.1e-6 },
      { name: "s2-t18-odd", maxAbsError: 4.2e-6 },
      { name: "s2-t36-cat", maxAbsError: 5.3e-6 },
      { name: "s2-t8", maxAbsError: 5.3e-6 },
    ],
  },
  int8: { minCosine: 0.99936, how: "the reference cases" },
};
