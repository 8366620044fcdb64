/**
 * Sizes of Galileo's encoders.
 *
 * @module
 */

/** What makes one encoder differ from another; `model.encoder` of the published `config.json`. */
export interface GalileoConfig {
  /** Width of the encoder, and length of an embedding. */
  readonly embeddingSize: number;
  /** Number of blocks. */
  readonly depth: number;
  /** Heads of attention. */
  readonly numHeads: number;
  /** Hidden width of a block's MLP over its width. */
  readonly mlpRatio: number;
  /** Most frames that have a position embedding. */
  readonly maxSequenceLength: number;
  /** Side of the stored patch kernels, px; others are resampled from them. */
  readonly maxPatchSize: number;
}

/** The published encoders, by variant. */
export const galileoConfigs: Readonly<Record<string, GalileoConfig>> = {
  nano: {
    embeddingSize: 128,
    depth: 4,
    numHeads: 8,
    mlpRatio: 4,
    maxSequenceLength: 24,
    maxPatchSize: 8,
  },
  tiny: {
    embeddingSize: 192,
    depth: 12,
    numHeads: 3,
    mlpRatio: 4,
    maxSequenceLength: 24,
    maxPatchSize: 8,
  },
  base: {
    embeddingSize: 768,
    depth: 12,
    numHeads: 12,
    mlpRatio: 4,
    maxSequenceLength: 24,
    maxPatchSize: 8,
  },
};
