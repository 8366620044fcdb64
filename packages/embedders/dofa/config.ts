/**
 * Sizes of DOFA's encoders.
 *
 * @module
 */

/** What makes one encoder differ from another. */
export interface DofaConfig {
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
  /** Width in which wavelengths are encoded. */
  readonly waveWidth: number;
}

const common = { imageSizePx: 224, patchSizePx: 16, waveWidth: 128 } as const;

/** The published encoders, by variant. */
export const dofaConfigs: Readonly<Record<string, DofaConfig>> = {
  base: { ...common, width: 768, depth: 12, heads: 12 },
  large: { ...common, width: 1024, depth: 24, heads: 16 },
};
