/**
 * What is to be known of SatVision-TOA without loading it.
 *
 * @module
 */

import { type ModelCard, sensorSpec } from "@rsembed/core";

/** The card of `satvision`. */
export const card: ModelCard = {
  id: "satvision",
  aliases: ["satvision_toa"],
  title: "SatVision-TOA",
  summary:
    "Swin transformer of 2.6 billion parameters, trained on 14 channels of MODIS at the top of the atmosphere",
  type: "on_the_fly",
  licence: { code: "Apache-2.0", weights: "Apache-2.0 (unchecked)" },
  citation:
    "Spradlin, C. S. et al. (2024). SatVision-TOA: A Geospatial Foundation Model for Coarse-Resolution " +
    "All-Sky Remote Sensing Imagery. arXiv:2411.17000",
  homepage: "https://github.com/nasa-nccs-hpda/pytorch-caney",
  variants: {
    giant: {
      summary: "SwinV2 giant: 48 blocks, 512 to 4096 wide, windows of 8 x 8, 4 x 4 cells",
      dim: 4096,
      parameters: 2_595_340_160,
      weights: {
        hub: "huggingface",
        repo: "nasa-cisto-data-science-group/satvision-toa-giant-patch8-window8-128",
        file: "mp_rank_00_model_states.pt",
        revision: "main",
        sizeBytes: null,
        sha256: null,
      },
    },
  },
  defaultVariant: "giant",
  modalities: {
    proxy: sensorSpec({
      collection: "MODIS/061/MOD09GA+MODIS/061/MOD21A1D",
      bands: [
        "sur_refl_b01",
        "sur_refl_b02",
        "sur_refl_b03",
        "sur_refl_b04",
        "sur_refl_b06",
        "sur_refl_b07",
        "LST_1KM",
      ],
      scaleM: 1000,
      cloudyPct: null,
      composite: "mosaic",
      modality: "proxy",
    }),
    toa: sensorSpec({
      collection: "MODIS/061/MOD021KM",
      bands: ["1", "2", "3", "26", "6", "20", "7", "27", "28", "29", "31", "32", "33", "34"],
      scaleM: 1000,
      cloudyPct: null,
      composite: "mosaic",
      modality: "toa",
    }),
  },
  defaultModality: "proxy",
  frames: "single",
  anyBands: false,
  imageSizePx: 128,
  outputs: ["pooled", "grid"],
  options: {
    normalization: {
      type: "string",
      default: "auto",
      choices: ["auto", "raw", "unit"],
      description:
        "How toa is scaled: raw takes percent and kelvin, unit what lies in 0 to 1 already, auto finds out",
    },
    reflectance_divisor: {
      type: "number",
      default: 100,
      min: 1e-6,
      max: 1e6,
      description: "Full reflectance of toa in raw numbers",
    },
  },
  pitfalls: [
    "The default imagery is a proxy, as in rs-embed: surface reflectance and one surface temperature stand in " +
    "for 14 channels at the top of the atmosphere, which lie outside of what the weights have seen",
    "toa wants calibrated imagery of one's own: reflectance in percent, brightness temperature in kelvin",
    "The pooled vector is a normalised mean, the same for mean and max; the cells of the grid are not " +
    "normalised, so their mean is another vector",
    "A pixel is 1 km: the 128 px of an image cover 128 km, and smaller patches are enlarged to it",
    "The converted graph takes 10.4 GB on disk and more than 12 GB of memory on a CPU",
    "Size and checksum of the weights are not known here; the hub's own are used",
  ],
  verified: {
    how:
      "SatVision's encoder vendored in cybergis/rs-embed at 6f46d0c and its adapter, torch 1.13 on a CPU: " +
      "preparation, proxy, blocks, stages, pooled vectors and grids, with seeded random weights in float32 and " +
      "bfloat16; the published weights were not run",
    cases: [
      { name: "preprocess", maxAbsError: 3e-7 },
      { name: "toa-bf16-deepspeed", maxAbsError: 4.3e-6 },
      { name: "toa-fp32", maxAbsError: 3.1e-6 },
    ],
  },
  int8: { minCosine: 0.99977, how: "the reference cases" },
};
