/**
 * Sizes of Galileo's encoders.
 *
 * @module
 */

/** What makes one encoder differ from another; `model.encoder` of the published `config.json`. */
export interface GalileoConfig {
  readonly embeddingSize: number;
  readonly depth: number;
  readonly numHeads: number;
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
