/**
 * What is to be known of SatMAE without loading it.
 *
 * @module
 */

import { type ModelCard, sensorSpec } from "@rsembed/core";

/** The card of `satmae`. */
export const card: ModelCard = {
  id: "satmae",
  aliases: ["satmae_rgb"],
  title: "SatMAE",
  summary:
    "Masked autoencoder of high-resolution satellite RGB, trained on Functional Map of the World",
  type: "on_the_fly",
  licence: { code: "Apache-2.0", weights: "CC-BY-NC-4.0" },
  citation:
    "Cong, Y. et al. (2022). SatMAE: Pre-training Transformers for Temporal and Multi-Spectral Satellite " +
    "Imagery. NeurIPS 35. arXiv:2207.08051",
  homepage: "https://github.com/sustainlab-group/SatMAE",
  variants: {
    large: {
      summary: "ViT-L/16: 24 layers, 1024 wide, 14 x 14 tokens",
      dim: 1024,
      parameters: 303_301_632,
      weights: {
        hub: "huggingface",
        repo: "MVRL/satmae-vitlarge-fmow-pretrain-800",
        file: "model.safetensors",
        revision: "main",
        sizeBytes: null,
        sha256: null,
      },
    },
  },
  defaultVariant: "large",
  modalities: {
    s2_rgb: sensorSpec({
      collection: "COPERNICUS/S2_SR_HARMONIZED",
      bands: ["B4", "B3", "B2"],
      modality: "s2_rgb",
    }),
  },
  defaultModality: "s2_rgb",
  frames: "single",
  anyBands: false,
  imageSizePx: 224,
  outputs: ["pooled", "grid"],
  options: {},
  pitfalls: [
    "The code the weights were trained with is under CC-BY-NC-4.0 (no commercial use); whether the weights " +
    "are free of that is not settled, see the page of their repository",
    "A rectangular patch is stretched to a square",
    "Trained on images of about 1 m; Sentinel-2 at 10 m is far from them",
    "Reflectance is cut to 8 bits without a stretch, so dark scenes use few grey levels",
    "Grids of rs-embed hold the same tokens at random places, a defect there: only its pooled vectors agree",
    "Means and deviations are those of the published code; a config.json beside the weights is not read",
    "Size and checksum of the weights are not known here; the hub's own are used",
  ],
  verified: {
    how:
      "rshf's SatMAE encoder at 87fb301 and rs-embed's adapter at 6f46d0c, torch 1.13 and Pillow on a CPU: " +
      "preparation, tokens, pooled vectors and grids, with seeded random weights; the published weights " +
      "were not run",
    cases: [
      { name: "preprocess", maxAbsError: 0 },
      { name: "s2-default", maxAbsError: 2.4e-6 },
      { name: "s2-downsample-p16", maxAbsError: 2.4e-6 },
      { name: "s2-roi-config-norm", maxAbsError: 1.5e-6 },
    ],
  },
  int8: { minCosine: 0.99985, how: "the reference cases" },
};
