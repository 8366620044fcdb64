/**
 * What is to be known of Prithvi without loading it.
 *
 * @module
 */

import { type ModelCard, sensorSpec, type VariantCard } from "@rsembed/core";

function variant(
  size: string,
  card: Omit<VariantCard, "weights">,
): VariantCard {
  return {
    ...card,
    weights: {
      hub: "huggingface",
      repo: `ibm-nasa-geospatial/Prithvi-EO-2.0-${size}`,
      file: `Prithvi_EO_V2_${size.replace("-", "_")}.pt`,
      revision: "main",
      sizeBytes: null,
      sha256: null,
    },
  };
}

/** The card of `prithvi`. */
export const card: ModelCard = {
  id: "prithvi",
  aliases: ["prithvi_eo_v2_s2_6b"],
  title: "Prithvi-EO-2.0",
  summary:
    "Masked autoencoder of image time series, trained on worldwide Landsat and Sentinel-2 (HLS)",
  type: "on_the_fly",
  licence: { code: "Apache-2.0", weights: "Apache-2.0" },
  citation:
    "Szwarcman, D. et al. (2024). Prithvi-EO-2.0: A Versatile Multi-Temporal Foundation Model for " +
    "Earth Observation Applications. arXiv:2412.02732",
  homepage: "https://github.com/NASA-IMPACT/Prithvi-EO-2.0",
  variants: {
    "tiny_tl": variant("tiny-TL", {
      summary: "12 layers, 192 wide, patches of 16 px, told dates and places",
      dim: 192,
      parameters: 5_634_050,
    }),
    "100_tl": variant("100M-TL", {
      summary: "12 layers, 768 wide, patches of 16 px, told dates and places",
      dim: 768,
      parameters: 86_237_186,
    }),
    "300": variant("300M", {
      summary: "24 layers, 1024 wide, patches of 16 px, not told dates and places",
      dim: 1024,
      parameters: 303_886_336,
    }),
    "300_tl": variant("300M-TL", {
      summary: "24 layers, 1024 wide, patches of 16 px, told dates and places",
      dim: 1024,
      parameters: 303_886_338,
    }),
    "600": variant("600M", {
      summary: "32 layers, 1280 wide, patches of 14 px, not told dates and places",
      dim: 1280,
      parameters: 631_188_480,
    }),
    "600_tl": variant("600M-TL", {
      summary: "32 layers, 1280 wide, patches of 14 px, told dates and places",
      dim: 1280,
      parameters: 631_188_482,
    }),
  },
  defaultVariant: "100_tl",
  modalities: {
    s2: sensorSpec({
      collection: "COPERNICUS/S2_SR_HARMONIZED",
      bands: ["B2", "B3", "B4", "B8A", "B11", "B12"],
      scaleM: 30,
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
      default: "unit_scale",
      choices: ["unit_scale", "pretraining"],
      description:
        "How digital numbers are scaled: unit_scale is reflectance in 0 to 1, as rs-embed feeds; " +
        "pretraining subtracts the means and divides by the deviations of the authors' configuration",
    },
    prep: {
      type: "string",
      default: "resize",
      choices: ["resize", "pad"],
      description:
        "resize makes a square of image_size; pad keeps the pixels and fills up the south and east",
    },
    image_size: {
      type: "integer",
      default: 224,
      min: 16,
      max: 1024,
      description:
        "Side of the input of prep=resize, px; a multiple of the patch (16, or 14 for 600)",
    },
    pad_multiple: {
      type: "integer",
      default: null,
      min: 1,
      max: 256,
      description:
        "Sides of the input of prep=pad are multiples of this, px; left open, of the patch. " +
        "What does not fill a patch is not seen",
    },
    temporal_mode: {
      type: "string",
      default: "auto",
      choices: ["auto", "single", "multi"],
      description: "single makes one frame of the window; auto and multi cut it",
    },
    max_frames: {
      type: "integer",
      default: 4,
      min: 1,
      max: 16,
      description: "Most frames that are chosen without being asked for; the weights have seen 4",
    },
    n_frames: {
      type: "integer",
      default: null,
      min: 1,
      max: 16,
      description:
        "Number of frames; left open, one for every frame_stride_days, at most max_frames",
    },
    frame_stride_days: {
      type: "integer",
      default: 28,
      min: 1,
      max: 366,
      description: "Days of the window for each frame that is cut",
    },
    use_time: {
      type: "boolean",
      default: true,
      description: "Tell the encoder the date of each frame, where the variant takes it",
    },
    use_location: {
      type: "boolean",
      default: true,
      description: "Tell the encoder the place, where the variant takes it",
    },
    grid_pooling: {
      type: "string",
      default: "mean",
      choices: ["mean", "max"],
      description:
        "How the frames of a cell of the grid become one; pooled vectors are not affected",
    },
  },
  pitfalls: [
    "A window of 56 days or more is a series by default: another input than one composite of it",
    "unit_scale, the default, is what rs-embed feeds; the authors normalise by means and deviations " +
    "(normalization=pretraining), and numbers of the two do not mix",
    "The fourth band is B8A, the narrow near infrared, and pixels are 30 m",
    "A frame equal to an earlier one is dropped, with its date: a series may be shorter than asked",
    "Dates more than 184 days apart lie outside of what the weights were trained on; the metadata says so",
    "A frame without a date is encoded without one; the metadata says so",
    "Sizes and checksums of the weights are not known here; the hub's own are used",
  ],
  verified: {
    how:
      "Prithvi-EO-2.0's encoder vendored in cybergis/rs-embed at 6f46d0c and its adapter, torch 1.13 on a " +
      "CPU: preparation, dates, places, tokens, pooled vectors and grids, with seeded random weights; the " +
      "published weights were not run",
    cases: [
      { name: "multi-default", maxAbsError: 5.1e-6 },
      { name: "single-resized", maxAbsError: 4.8e-6 },
      { name: "multi-dup-interp", maxAbsError: 5.8e-6 },
      { name: "pad-patch14", maxAbsError: 3.6e-6 },
      { name: "no-tl-multi", maxAbsError: 5.5e-6 },
      { name: "preprocess", maxAbsError: 4.2e-7 },
    ],
  },
  int8: { minCosine: 0.99969, how: "the reference cases" },
};
