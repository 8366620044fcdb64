/**
 * Sizes of TerraFM's encoders.
 *
 * @module
 */

/** What makes one encoder differ from another. */
export interface TerrafmConfig {
  /** Side of the image, px: positions are stored for this one. */
  readonly imageSizePx: number;
  /** Side of a patch, px. */
  readonly patchSizePx: number;
  /** Width of the encoder, and length of an embedding. */
  readonly width: number;
  /** Number of blocks. */
  readonly depth: number;
  /** Heads of attention. */
  readonly heads: number;
}

const common = { imageSizePx: 224, patchSizePx: 16 } as const;

/** The published encoders, by variant. */
export const terrafmConfigs: Readonly<Record<string, TerrafmConfig>> = {
  base: { ...common, width: 768, depth: 12, heads: 12 },
  large: { ...common, width: 1024, depth: 24, heads: 16 },
};
