/**
 * Sizes of THOR's encoders, and the groups of bands that they see.
 *
 * @module
 */

/** What makes one encoder differ from another. */
export interface ThorConfig {
  /** Width of the encoder, and length of an embedding. */
  readonly width: number;
  /** Number of blocks. */
  readonly depth: number;
  /** Heads of attention. */
  readonly heads: number;
  /** How much of the width tells the group of bands; the rest tells the ground that a patch covers. */
  readonly groupWidth: number;
  /** Side of the stored patch kernels, px. */
  readonly kernelPx: number;
}

/** The published encoders, by variant. */
export const thorConfigs: Readonly<Record<string, ThorConfig>> = {
  tiny: { width: 192, depth: 12, heads: 3, groupWidth: 32, kernelPx: 16 },
  small: { width: 384, depth: 12, heads: 6, groupWidth: 64, kernelPx: 16 },
  base: { width: 768, depth: 12, heads: 12, groupWidth: 128, kernelPx: 16 },
  large: { width: 1024, depth: 24, heads: 16, groupWidth: 256, kernelPx: 16 },
};

/** Kinds of imagery. */
export type Modality = "s1" | "s2";

/** Bands whose patches share tokens, at their own ground sampling distance. */
export interface BandGroup {
  /** In keys. */
  readonly name: string;
  /** Ground sampling distance, metres. */
  readonly gsdM: number;
  /** Place among the bands of the input, and name in keys, of each band. */
  readonly bands: readonly (readonly [index: number, key: string])[];
}

/** Groups in the order of their tokens. */
export const bandGroups: Readonly<Record<Modality, readonly BandGroup[]>> = {
  // the input has B2, B3, B4, B5, B6, B7, B8, B8A, B11, B12
  s2: [
    {
      name: "group0",
      gsdM: 10,
      bands: [[2, "S2:Red"], [1, "S2:Green"], [0, "S2:Blue"], [6, "S2:NIR"]],
    },
    {
      name: "group1",
      gsdM: 20,
      bands: [
        [3, "S2:RE1"],
        [4, "S2:RE2"],
        [5, "S2:RE3"],
        [7, "S2:RE4"],
        [8, "S2:SWIR1"],
        [9, "S2:SWIR2"],
      ],
    },
  ],
  // VV, VH
  s1: [{ name: "group3", gsdM: 10, bands: [[1, "S1:VH"], [0, "S1:VV"]] }],
};
