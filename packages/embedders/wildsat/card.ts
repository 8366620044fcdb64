/**
 * What is to be known of WildSAT without loading it.
 *
 * @module
 */

import { type ModelCard, sensorSpec, type VariantCard } from "@rsembed/core";

function variant(
  { file, driveId }: { file: string; driveId: string },
  card: Omit<VariantCard, "weights">,
): VariantCard {
  return {
    ...card,
    weights: {
      hub: "web",
      url: `https://drive.usercontent.google.com/download?id=${driveId}&export=download&confirm=t`,
      repo: "cvl-umass/wildsat",
      file,
      sizeBytes: null,
      sha256: null,
    },
  };
}

/** The card of `wildsat`. */
export const card: ModelCard = {
  id: "wildsat",
  title: "WildSAT",
  summary:
    "Networks of ImageNet fine-tuned on Sentinel-2 RGB against observations of wildlife and their texts",
  type: "on_the_fly",
  licence: { code: "not stated", weights: "not stated" },
  citation:
    "Daroya, R. et al. (2025). WildSAT: Learning Satellite Image Representations from Wildlife Observations. " +
    "ICCV. arXiv:2412.14428",
  homepage: "https://github.com/cvl-umass/wildsat",
  variants: {
    vitb16: variant(
      { file: "vitb16-imagenet-bnfc.pth", driveId: "1IxBpf3nbEMzny4YJWS6stMBxel6gMiYE" },
      {
        summary: "ViT-B/16, 12 layers, 14 x 14 tokens of 768",
        dim: 256,
        gridDim: 768,
        parameters: 87_335_656,
      },
    ),
    resnet50: variant(
      { file: "resnet50-imagenet-bnfc.pth", driveId: "1LwCjzT1p0yFOtv1m0YD-rl7tP0eYXTb2" },
      { summary: "ResNet-50, a grid of one cell", dim: 256, parameters: 26_325_032 },
    ),
    swint: variant(
      { file: "swint-imagenet-bnfc.pth", driveId: "12rfb3ES9-RuIAk_RjzYrMQJG_5J1Iq5H" },
      { summary: "Swin-T, a grid of one cell", dim: 256, parameters: 29_056_354 },
    ),
  },
  defaultVariant: "vitb16",
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
    normalization: {
      type: "string",
      default: "minmax",
      choices: ["minmax", "unit_scale"],
      description:
        "minmax stretches the patch from its darkest to its brightest value over all bands; unit_scale takes " +
        "reflectance",
    },
    feature: {
      type: "string",
      default: "image_head",
      choices: ["image_head", "backbone", "tokens"],
      description:
        "What pooled is: the head trained on images (256), the 1000 classes of ImageNet that it stands on, " +
        "or, of vitb16, the mean or maximum of the patch tokens (768)",
    },
    image_branch: {
      type: "integer",
      default: 3,
      min: 1,
      max: 9,
      description: "Head: 1 text, 2 location, 3 image; the highest there is where it is missing",
    },
    image_size: {
      type: "integer",
      default: 224,
      min: 32,
      max: 1024,
      description: "Side of the input of resnet50 and swint, px; vitb16 takes 224 alone",
    },
  },
  pitfalls: [
    "minmax depends on the whole patch: one cloud or roof darkens everything else, and the same ground in " +
    "another patch gives another embedding",
    "The head stands on the classes of ImageNet, not on features",
    "Vectors of the head and cells of the grid of vitb16 are different spaces of different length",
    "Pooled is one vector, the same for mean and max, but for feature=tokens",
    "A rectangular patch is stretched to a square",
    "No licence is stated. The weights lie on Google Drive; their sizes and checksums are not known here, and " +
    "the sizes of their heads were not seen",
  ],
  verified: {
    how:
      "torchvision 0.14's networks and rs-embed's adapter at 6f46d0c, torch 1.13 and Pillow on a CPU: " +
      "preparation, vectors, tokens and grids of all variants, with seeded random weights; the published " +
      "weights were not run",
    cases: [
      { name: "preprocess", maxAbsError: 0 },
      { name: "resnet50-default", maxAbsError: 1.8e-7 },
      { name: "swint-default", maxAbsError: 7.2e-7 },
      { name: "swint-nohead", maxAbsError: 3e-7 },
      { name: "vitb16-default", maxAbsError: 1.2e-6 },
      { name: "vitb16-roi-legacy", maxAbsError: 1.4e-6 },
    ],
  },
  int8: { minCosine: 0.99987, how: "the reference cases" },
};
