/**
 * Sizes of FoMo-Net's encoders.
 *
 * @module
 */

/** What makes one encoder differ from another. */
export interface FomoConfig {
  /** Side of the image, px: positions are stored for this one. */
  readonly imageSizePx: number;
  /** Side of a patch, px. */
  readonly patchSizePx: number;
  /** Width of the encoder, and length of an embedding. */
  readonly width: number;
  /** Number of layers. */
  readonly depth: number;
  /** Heads of attention. */
  readonly heads: number;
  /** Width of a head; together they may be wider than the tokens. */
  readonly headWidth: number;
  /** Hidden width of the feed-forward layers. */
  readonly hidden: number;
  /** Rows of the table of spectral vectors, and one more that is not used. */
  readonly spectralRows: number;
}

/** The published encoders, by variant. */
export const fomoConfigs: Readonly<Record<string, FomoConfig>> = {
  base: {
    imageSizePx: 64,
    patchSizePx: 16,
    width: 768,
    depth: 12,
    heads: 12,
    headWidth: 64,
    hidden: 2048,
    spectralRows: 37,
  },
};
