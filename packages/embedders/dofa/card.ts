/**
 * What is to be known of DOFA without loading it.
 *
 * @module
 */

import { type ModelCard, sensorSpec, type VariantCard } from "@rsembed/core";

function variant(size: string, card: Omit<VariantCard, "weights">): VariantCard {
  return {
    ...card,
    weights: {
      hub: "huggingface",
      repo: "earthflow/DOFA",
      file: `DOFA_ViT_${size}_e100.pth`,
      revision: "main",
      sizeBytes: null,
      sha256: null,
    },
  };
}

/** The card of `dofa`. */
export const card: ModelCard = {
  id: "dofa",
  title: "DOFA",
  summary:
    "Masked autoencoder whose patch embedding is made from the wavelengths of the bands, trained on five sensors",
  type: "on_the_fly",
  licence: { code: "MIT", weights: "CC-BY-4.0 (unchecked)" },
  citation:
    "Xiong, Z. et al. (2024). Neural Plasticity-Inspired Multimodal Foundation Model for Earth Observation. " +
    "arXiv:2403.15356",
  homepage: "https://github.com/zhu-xlab/DOFA",
  variants: {
    base: variant("base", {
      summary: "ViT-B/16: 12 layers, 768 wide, 14 x 14 tokens",
      dim: 768,
      parameters: 111_312_128,
    }),
    large: variant("large", {
      summary: "ViT-L/16: 24 layers, 1024 wide, 14 x 14 tokens",
      dim: 1024,
      parameters: 337_105_408,
    }),
  },
  defaultVariant: "base",
  modalities: {
    s2: sensorSpec({
      collection: "COPERNICUS/S2_SR_HARMONIZED",
      bands: ["B4", "B3", "B2", "B5", "B6", "B7", "B8", "B11", "B12"],
      modality: "s2",
    }),
  },
  defaultModality: "s2",
  frames: "single",
  anyBands: true,
  imageSizePx: 224,
  outputs: ["pooled", "grid"],
  options: {
    wavelengths: {
      type: "string",
      default: null,
      description:
        "Central wavelengths of the bands in micrometres, separated by commas; left open, those of Sentinel-2",
    },
  },
  pitfalls: [
    "Any ordered selection of the nine default bands is taken; others have no published mean and deviation",
    "The pooled vector is a normalised mean, the same for mean and max; the tokens of the grid are not " +
    "normalised, so its mean is another vector",
    "Values in 0 to 2 are refused: digital numbers are wanted, not reflectance",
    "A patch of pixels begins one pixel to the north west of its cell: the authors pad the image by one",
    "Licence, size and checksum of the weights were not seen here; the hub's own checksum is used",
  ],
  verified: {
    how:
      "DOFA's encoder vendored in cybergis/rs-embed at 6f46d0c and its adapter, torch 1.13 on a CPU: " +
      "preparation, generated kernels, tokens, pooled vectors and grids, with seeded random weights; the " +
      "published weights were not run",
    cases: [
      { name: "custom-wavelengths", maxAbsError: 7.7e-5 },
      { name: "preprocess", maxAbsError: 2.5e-6 },
      { name: "s2-default", maxAbsError: 1.4e-5 },
      { name: "s2-subset-roi", maxAbsError: 1.5e-5 },
    ],
  },
  int8: { minCosine: 0.99991, how: "the reference cases" },
};
