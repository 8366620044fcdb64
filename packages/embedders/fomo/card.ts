/**
 * What is to be known of FoMo-Net without loading it.
 *
 * @module
 */

import { type ModelCard, sensorSpec } from "@rsembed/core";

/** The card of `fomo`. */
export const card: ModelCard = {
  id: "fomo",
  title: "FoMo-Net",
  summary:
    "Masked autoencoder that makes tokens of every band alone, trained on satellite and aerial images of forests",
  type: "on_the_fly",
  licence: { code: "MIT", weights: "not stated" },
  citation:
    "Bountos, N. I. et al. (2025). FoMo: Multi-Modal, Multi-Scale and Multi-Task Remote Sensing Foundation " +
    "Models for Forest Monitoring. AAAI. arXiv:2312.10114",
  homepage: "https://github.com/RolnickLab/FoMo-Bench",
  variants: {
    base: {
      summary: "12 layers, 768 wide, patches of 16 px: 12 x 4 x 4 tokens",
      dim: 768,
      parameters: 67_153_128,
      weights: {
        hub: "web",
        url: "https://www.dropbox.com/scl/fi/4ckmxlcbc0tcod8hknp7c/" +
          "fomo_single_embedding_layer_weights.pt?rlkey=26tlf3yaz93vvcosr0qrvklub&dl=1",
        repo: "RolnickLab/FoMo-Bench",
        file: "fomo_single_embedding_layer_weights.pt",
        sizeBytes: null,
        sha256: null,
      },
    },
  },
  defaultVariant: "base",
  modalities: {
    s2: sensorSpec({
      collection: "COPERNICUS/S2_SR_HARMONIZED",
      bands: ["B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B11", "B12"],
      modality: "s2",
    }),
  },
  defaultModality: "s2",
  frames: "single",
  anyBands: false,
  imageSizePx: 64,
  outputs: ["pooled", "grid"],
  options: {
    normalization: {
      type: "string",
      default: "unit_scale",
      choices: ["unit_scale", "per_tile_minmax", "none"],
      description:
        "How digital numbers are scaled: to reflectance, each band of the patch to 0 to 1, or not at all",
    },
    spectral_keys: {
      type: "string",
      default: "6,7,8,9,10,11,12,13,14,15,17,18",
      description:
        "Row of the table of spectral vectors for each band, 0 to 36, separated by commas; the default names " +
        "the bands of Sentinel-2",
    },
  },
  pitfalls: [
    "Patches are resized to 64 px: of a large patch little is seen at once",
    "The first layer normalises every patch of every band: flat patches show their noise",
    "per_tile_minmax depends on the whole patch: the same ground in another patch gives another embedding",
    "No licence is stated for the weights, and their address, size and checksum could not be checked here",
  ],
  verified: {
    how:
      "FoMo-Bench's encoder vendored in cybergis/rs-embed at 6f46d0c and its adapter, torch 1.13 on a CPU: " +
      "preparation, tokens, pooled vectors and grids, with seeded random weights; the published weights " +
      "were not run",
    cases: [
      { name: "preprocess", maxAbsError: 1.2e-7 },
      { name: "s2-default", maxAbsError: 1.3e-5 },
      { name: "s2-minmax-keys", maxAbsError: 5.8e-6 },
      { name: "s2-real-patch16", maxAbsError: 2.2e-5 },
    ],
  },
  int8: { minCosine: 0.99981, how: "the reference cases" },
};
