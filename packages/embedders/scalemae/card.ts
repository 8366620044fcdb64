/**
 * What is to be known of Scale-MAE without loading it.
 *
 * @module
 */

import { type ModelCard, sensorSpec } from "@rsembed/core";

/** The card of `scalemae`. */
export const card: ModelCard = {
  id: "scalemae",
  aliases: ["scalemae_rgb"],
  title: "Scale-MAE",
  summary:
    "Masked autoencoder of satellite RGB that is told the ground resolution, trained on Functional Map of the World",
  type: "on_the_fly",
  licence: { code: "Apache-2.0", weights: "CC-BY-NC-4.0" },
  citation:
    "Reed, C. et al. (2023). Scale-MAE: A Scale-Aware Masked Autoencoder for Multiscale Geospatial " +
    "Representation Learning. ICCV. arXiv:2212.14532",
  homepage: "https://github.com/bair-climate-initiative/scale-mae",
  variants: {
    large: {
      summary: "ViT-L/16: 24 layers, 1024 wide, 14 x 14 tokens at 224 px",
      dim: 1024,
      parameters: 303_097_856,
      weights: {
        hub: "huggingface",
        repo: "MVRL/scalemae-vitlarge-800",
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
  options: {
    image_size: {
      type: "integer",
      default: 224,
      min: 16,
      max: 1024,
      description: "Side of the input, px; a multiple of the patch of 16",
    },
  },
  pitfalls: [
    "The code the weights were trained with is under CC-BY-NC-4.0 (no commercial use); whether the weights " +
    "are free of that is not settled, see the page of their repository",
    "The resolution it is told is that of the resized image, by the sensor's scaleM and the short side: the " +
    "same ground cut to another size gives another embedding",
    "On the Web Mercator grid a pixel covers less ground than scaleM says, away from the equator",
    "A rectangular patch is stretched to a square",
    "Grids stitched from tiles show seams: positions begin anew in each tile",
    "Reflectance is cut to 8 bits without a stretch, so dark scenes use few grey levels",
    "Size and checksum of the weights are not known here; the hub's own are used",
  ],
  verified: {
    how:
      "rshf's Scale-MAE encoder at 87fb301 and rs-embed's adapter at 6f46d0c, torch 1.13 and Pillow on a " +
      "CPU: preparation, resolutions, tokens, pooled vectors and grids, with seeded random weights; the " +
      "published weights were not run",
    cases: [
      { name: "preprocess", maxAbsError: 0 },
      { name: "s2-default", maxAbsError: 3e-6 },
      { name: "s2-mixed-gsd", maxAbsError: 2.4e-6 },
      { name: "s2-scale30-roi", maxAbsError: 3.9e-6 },
    ],
  },
  int8: { minCosine: 0.99989, how: "the reference cases" },
};
