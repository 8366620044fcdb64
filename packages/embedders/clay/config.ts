/**
 * Sizes of Clay's encoders.
 *
 * @module
 */

/** An encoder of version 1.5. */
export interface ClayConfig {
  /** Which encoder it is. */
  readonly version: "v1.5";
  /** Side of the image, px. */
  readonly imageSizePx: number;
  /** Side of a patch, px. */
  readonly patchSizePx: number;
  /** Width of the encoder, and length of an embedding. */
  readonly width: number;
  /** Number of blocks. */
  readonly depth: number;
  /** Heads of attention. */
  readonly heads: number;
  /** Width of a head; together they may be wider than the tokens. */
  readonly headWidth: number;
  /** Hidden width of a block's MLP over its width. */
  readonly mlpRatio: number;
  /** Width in which wavelengths are encoded. */
  readonly waveWidth: number;
}

/** An encoder of version 0, whose bands are fixed. */
export interface ClayV0Config extends Omit<ClayConfig, "version" | "waveWidth"> {
  /** Which encoder it is. */
  readonly version: "v0";
}

const head = { headWidth: 64, mlpRatio: 4 } as const;

/** The published encoders, by variant. */
export const clayConfigs: Readonly<Record<string, ClayConfig | ClayV0Config>> = {
  large: {
    version: "v1.5",
    imageSizePx: 256,
    patchSizePx: 8,
    width: 1024,
    depth: 24,
    heads: 16,
    ...head,
    waveWidth: 128,
  },
  v0_1: {
    version: "v0",
    imageSizePx: 512,
    patchSizePx: 32,
    width: 768,
    depth: 12,
    heads: 12,
    ...head,
  },
};
