/**
 * What is to be known of SatMAE++ without loading it.
 *
 * @module
 */

import { type ModelCard, sensorSpec } from "@rsembed/core";

/** The card of `satmaepp`. */
export const card: ModelCard = {
  id: "satmaepp",
  aliases: ["satmaepp_rgb", "satmae++"],
  title: "SatMAE++",
  summary:
    "Masked autoencoder trained to rebuild several scales, one for high-resolution RGB and one for Sentinel-2",
  type: "on_the_fly",
  licence: { code: "Apache-2.0", weights: "Apache-2.0" },
  citation:
    "Noman, M. et al. (2024). Rethinking Transformers Pre-training for Multi-Spectral Satellite Imagery. " +
    "CVPR. arXiv:2403.05419",
  homepage: "https://github.com/techmn/satmae_pp",
  variants: {
    rgb: {
      summary: "ViT-L/16 on RGB: 24 layers, 1024 wide, 14 x 14 tokens",
      dim: 1024,
      parameters: 303_301_632,
      weights: {
        hub: "huggingface",
        repo: "MVRL/satmaepp_ViT-L_pretrain_fmow_rgb",
        file: "pytorch_model.bin",
        revision: "main",
        sizeBytes: null,
        sha256: null,
      },
      modalities: ["rgb"],
    },
    s2_10b: {
      summary: "ViT-L/8 on ten bands in three groups: 24 layers, 1024 wide, 3 x 12 x 12 tokens",
      dim: 1024,
      parameters: 303_083_008,
      weights: {
        hub: "huggingface",
        repo: "mubashir04/checkpoint_ViT-L_pretrain_fmow_sentinel",
        file: "checkpoint_ViT-L_pretrain_fmow_sentinel.pth",
        revision: "main",
        sizeBytes: null,
        sha256: null,
      },
      modalities: ["s2_10b"],
    },
  },
  defaultVariant: "rgb",
  modalities: {
    rgb: sensorSpec({
      collection: "COPERNICUS/S2_SR_HARMONIZED",
      bands: ["B4", "B3", "B2"],
      modality: "rgb",
    }),
    s2_10b: sensorSpec({
      collection: "COPERNICUS/S2_SR_HARMONIZED",
      bands: ["B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B11", "B12"],
      modality: "s2_10b",
    }),
  },
  defaultModality: "rgb",
  frames: "single",
  anyBands: false,
  imageSizePx: 224,
  outputs: ["pooled", "grid"],
  options: {
    channel_order: {
      type: "string",
      default: "rgb",
      choices: ["rgb", "bgr"],
      description: "Order in which the variant rgb is fed; its means and deviations keep theirs",
    },
    group_reduce: {
      type: "string",
      default: "mean",
      choices: ["mean", "max"],
      description:
        "How the three groups of bands of a cell become one in the grid of s2_10b; pooled vectors are not " +
        "affected",
    },
  },
  pitfalls: [
    "The two variants are different networks with different weights: their vectors do not mix",
    "A rectangular patch is stretched to a square",
    "The variant rgb was trained on images of about 1 m; Sentinel-2 at 10 m is far from them",
    "Grids of rs-embed hold the same tokens at random places, a defect there: only its pooled vectors agree",
    "Sizes and checksums of the weights are not known here; the hub's own are used",
  ],
  verified: {
    how:
      "rshf's encoder at 87fb301 (rgb), SatMAE++'s encoder vendored in cybergis/rs-embed at 6f46d0c (s2_10b) " +
      "and its adapters, torch 1.13 on a CPU: preparation, tokens, pooled vectors and grids, with seeded " +
      "random weights; the published weights were not run",
    cases: [
      { name: "preprocess", maxAbsError: 5e-6 },
      { name: "preprocess-s2", maxAbsError: 1.7e-6 },
      { name: "rgb-bgr-roi", maxAbsError: 1.5e-6 },
      { name: "rgb-default", maxAbsError: 2e-6 },
      { name: "s2-default", maxAbsError: 1.4e-6 },
      { name: "s2-roi-module", maxAbsError: 1.7e-6 },
    ],
  },
  int8: { minCosine: 0.99991, how: "the reference cases" },
};
