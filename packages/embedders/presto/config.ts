/**
 * Sizes of Presto's encoder.
 *
 * @module
 */

/** What makes one encoder differ from another; `config.json` of the published checkpoint. */
export interface PrestoConfig {
  /** Width of the encoder, and length of an embedding. */
  readonly width: number;
  /** Part of it that tells the month. */
  readonly monthWidth: number;
  /** Part of it that tells the group of bands. */
  readonly channelWidth: number;
  /** Number of blocks. */
  readonly depth: number;
  /** Heads of attention. */
  readonly heads: number;
  /** Hidden width of a block's MLP over its width. */
  readonly mlpRatio: number;
  /** Most frames that there are positions for. */
  readonly maxFrames: number;
}

/** The published encoder, by variant. */
export const prestoConfigs: Readonly<Record<string, PrestoConfig>> = {
  default: {
    width: 128,
    monthWidth: 32,
    channelWidth: 32,
    depth: 2,
    heads: 8,
    mlpRatio: 4,
    maxFrames: 24,
  },
};
