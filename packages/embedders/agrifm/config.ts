/**
 * Sizes of AgriFM's encoders.
 *
 * @module
 */

/** What makes one encoder differ from another; axes are time, rows, columns. */
export interface AgrifmConfig {
  /** Frames, rows and columns of a patch. */
  readonly patch: readonly [frames: number, height: number, width: number];
  /** Width of the first stage; each other doubles it. */
  readonly width: number;
  /** Blocks of each stage. */
  readonly depths: readonly number[];
  /** Heads of attention of each stage. */
  readonly heads: readonly number[];
  /** Tokens of a window along each axis. */
  readonly window: readonly [frames: number, height: number, width: number];
  /** Hidden width of a block's MLP over its width. */
  readonly mlpRatio: number;
}

/** The published encoders, by variant. */
export const agrifmConfigs: Readonly<Record<string, AgrifmConfig>> = {
  base: {
    patch: [4, 2, 2],
    width: 128,
    depths: [2, 2, 18, 2],
    heads: [4, 8, 16, 32],
    window: [8, 7, 7],
    mlpRatio: 4,
  },
};
