/**
 * What is to be known of TerraFM without loading it.
 *
 * @module
 */

import { type ModelCard, sensorSpec } from "@rsembed/core";

/** The card of `terrafm`. */
export const card: ModelCard = {
  id: "terrafm",
  aliases: ["terrafm_b"],
  title: "TerraFM",
  summary: "Vision transformer trained by self-distillation on Sentinel-1 and Sentinel-2 worldwide",
  type: "on_the_fly",
  licence: { code: "Apache-2.0", weights: "Apache-2.0" },
  citation:
    "Danish, M. S. et al. (2025). TerraFM: A Scalable Foundation Model for Unified Multisensor Earth " +
    "Observation. arXiv:2506.06281",
  homepage: "https://github.com/mbzuai-oryx/TerraFM",
  variants: {
    base: {
      summary: "ViT-B/16: 12 layers, 768 wide, 14 x 14 tokens",
      dim: 768,
      parameters: 112_951_296,
      weights: {
        hub: "huggingface",
        repo: "MBZUAI/TerraFM",
        file: "TerraFM-B.pth",
        revision: "main",
        sizeBytes: null,
        sha256: null,
      },
    },
    large: {
      summary: "ViT-L/16: 24 layers, 1024 wide, 14 x 14 tokens",
      dim: 1024,
      parameters: 345_010_176,
      weights: {
        hub: "huggingface",
        repo: "MBZUAI/TerraFM",
        file: "TerraFM-L.pth",
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
      bands: ["B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B11", "B12"],
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
  imageSizePx: 224,
  outputs: ["pooled", "grid"],
  options: {
    product: {
      type: "string",
      default: "l1c",
      choices: ["l1c", "l2a"],
      description:
        "Which of the two patch embeddings of Sentinel-2 is used; rs-embed and the authors' example feed " +
        "surface reflectance through l1c",
    },
  },
  pitfalls: [
    "Surface reflectance runs through the patch embedding of top-of-atmosphere images, as it does upstream; " +
    "product=l2a takes the other one",
    "The pooled vector is the class token, the same for mean and max; it is no mean of the grid",
    "Sentinel-1 is scaled by one percentile of the whole patch: the same ground in another patch differs",
    "Sentinel-1 is linear power, not decibels",
    "A rectangular patch is stretched to a square",
    "Whether the authors publish the large weights under the name on this card was not seen here; sizes and " +
    "checksums are not known, the hub's own are used",
  ],
  verified: {
    how:
      "TerraFM's encoder vendored in cybergis/rs-embed at 6f46d0c and its adapter, torch 1.13 on a CPU: " +
      "preparation, tokens, pooled vectors and grids of both sensors, with seeded random weights; the " +
      "published weights were not run",
    cases: [
      { name: "preprocess", maxAbsError: 2.4e-7 },
      { name: "s1-default", maxAbsError: 2.4e-6 },
      { name: "s2-default", maxAbsError: 7.6e-6 },
      { name: "s2-patch16", maxAbsError: 3.5e-6 },
    ],
  },
  int8: { minCosine: 0.99982, how: "the reference cases" },
};
