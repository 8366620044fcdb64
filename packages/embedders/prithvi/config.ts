/**
 * Sizes of Prithvi's encoders.
 *
 * @module
 */

/** What makes one encoder differ from another; `pretrained_cfg` of the published `config.json`. */
export interface PrithviConfig {
  /** Side of the image that positions are laid out for, px. */
  readonly imageSizePx: number;
  /** Side of a patch, px. */
  readonly patchSizePx: number;
  /** Width of the encoder, and length of an embedding. */
  readonly width: number;
  /** Number of blocks. */
  readonly depth: number;
  /** Heads of attention. */
  readonly heads: number;
  /** Hidden width of a block's MLP over its width. */
  readonly mlpRatio: number;
  /** Whether the encoder is told dates and places: the variants named TL. */
  readonly coordinates: boolean;
}

const base = { imageSizePx: 224, patchSizePx: 16, mlpRatio: 4 } as const;
const large = { ...base, width: 1024, depth: 24, heads: 16 } as const;
const huge = { ...base, patchSizePx: 14, width: 1280, depth: 32, heads: 16 } as const;

/** The published encoders, by variant. */
export const prithviConfigs: Readonly<Record<string, PrithviConfig>> = {
  "tiny_tl": { ...base, width: 192, depth: 12, heads: 3, coordinates: true },
  "100_tl": { ...base, width: 768, depth: 12, heads: 12, coordinates: true },
  "300": { ...large, coordinates: false },
  "300_tl": { ...large, coordinates: true },
  "600": { ...huge, coordinates: false },
  "600_tl": { ...huge, coordinates: true },
};
