/**
 * What is to be known of RemoteCLIP without loading it.
 *
 * @module
 */

import { type ModelCard, sensorSpec } from "@rsembed/core";

/** The card of `remoteclip`. */
export const card: ModelCard = {
  id: "remoteclip",
  aliases: ["remoteclip_s2rgb"],
  title: "RemoteCLIP",
  summary:
    "CLIP continued on remote sensing images and captions: RGB images and texts in one space",
  type: "on_the_fly",
  licence: { code: "MIT", weights: "Apache-2.0" },
  citation:
    "Liu, F. et al. (2024). RemoteCLIP: A Vision Language Foundation Model for Remote Sensing. " +
    "IEEE Transactions on Geoscience and Remote Sensing 62. arXiv:2306.11029",
  homepage: "https://github.com/ChenDelong1999/RemoteCLIP",
  variants: {
    "vit-b-32": {
      summary: "ViT-B/32: 12 layers, 768 wide, 7 x 7 tokens",
      dim: 768,
      parameters: 87_849_216,
      weights: {
        hub: "huggingface",
        repo: "MVRL/remote-clip-vit-base-patch32",
        file: "model.safetensors",
        revision: "main",
        sizeBytes: null,
        sha256: null,
      },
    },
    "vit-l-14": {
      summary: "ViT-L/14: 24 layers, 1024 wide, 16 x 16 tokens",
      dim: 1024,
      parameters: 303_966_208,
      weights: {
        hub: "huggingface",
        repo: "chendelong/RemoteCLIP",
        file: "RemoteCLIP-ViT-L-14.pt",
        revision: "main",
        sizeBytes: null,
        sha256: null,
      },
    },
  },
  defaultVariant: "vit-b-32",
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
    pooled: {
      type: "string",
      default: "token_mean",
      choices: ["token_mean", "projection"],
      description:
        "token_mean is the mean of the patch tokens; projection is the vector shared with text, " +
        "512 (vit-b-32) or 768 (vit-l-14) long, not normalised",
    },
    activation: {
      type: "string",
      default: "gelu",
      choices: ["gelu", "quick_gelu"],
      description: "Activation of the feed-forward layers",
    },
    image_size: {
      type: "integer",
      default: 224,
      min: 14,
      max: 1022,
      description: "Side of the input, px; a multiple of the patch (32 or 14)",
    },
  },
  pitfalls: [
    "Whether the weights want gelu or quick_gelu is not settled: the authors' demonstration and rs-embed " +
    "run gelu, their retrieval script most likely ran quick_gelu",
    "A rectangular patch is resized by its short side and cropped at its centre: the ends of the long " +
    "side are not seen",
    "Reflectance is cut to 8 bits without a stretch, so dark scenes use few grey levels",
    "Pixels without imagery are black to the model",
    "Texts are embedded beside pooled=projection; text that was decoded with the wrong encoding is not " +
    "repaired, as open_clip's tokenizer would",
    "Token means and projections are different spaces of different length: do not mix them",
    "Sizes and checksums of the weights are not known here; the hub's own are used. The licence of the " +
    "vit-b-32 copy is that of the original weights",
  ],
  verified: {
    how:
      "open_clip's towers and tokenizer and rs-embed's adapter at 6f46d0c, torch 1.13 and Pillow on a CPU: " +
      "8-bit preparation, tokens, pooled vectors, projections and grids, with seeded random weights; the " +
      "published weights were not run",
    cases: [
      { name: "vit-gelu", maxAbsError: 3.3e-6 },
      { name: "vit-quickgelu", maxAbsError: 2.9e-6 },
      // the stored arrays are float16: half of their last digit
      { name: "preprocess", maxAbsError: 4.9e-4 },
    ],
  },
  int8: { minCosine: 0.99979, how: "the reference cases" },
};
