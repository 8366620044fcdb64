/**
 * Sizes of SatVision's encoders.
 *
 * @module
 */

/** One stage of an encoder; each but the first halves the grid and doubles the width. */
export interface StageConfig {
  /** Number of blocks. */
  readonly depth: number;
  /** Heads of attention. */
  readonly heads: number;
}

/** What makes one encoder differ from another. */
export interface SatvisionConfig {
  /** Side of the image, px. */
  readonly imageSizePx: number;
  /** Side of a patch, px. */
  readonly patchSizePx: number;
  /** Width of the first stage. */
  readonly width: number;
  /** First to last. */
  readonly stages: readonly StageConfig[];
  /** Side of a window, tokens. */
  readonly windowSize: number;
  /** Hidden width of a block's MLP over its width. */
  readonly mlpRatio: number;
}

/** The published encoders, by variant. */
export const satvisionConfigs: Readonly<Record<string, SatvisionConfig>> = {
  giant: {
    imageSizePx: 128,
    patchSizePx: 4,
    width: 512,
    stages: [
      { depth: 2, heads: 16 },
      { depth: 2, heads: 32 },
      { depth: 42, heads: 64 },
      { depth: 2, heads: 128 },
    ],
    windowSize: 8,
    mlpRatio: 4,
  },
};
