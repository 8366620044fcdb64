/**
 * Sizes of Scale-MAE's encoders.
 *
 * @module
 */

/** What makes one encoder differ from another. */
export interface ScalemaeConfig {
  /** Side of a patch, px. */
  readonly patchSizePx: number;
  /** Width of the encoder, and length of an embedding; a multiple of 4. */
  readonly width: number;
  /** Number of blocks. */
  readonly depth: number;
  /** Heads of attention. */
  readonly heads: number;
}

/** The published encoders, by variant. */
export const scalemaeConfigs: Readonly<Record<string, ScalemaeConfig>> = {
  large: { patchSizePx: 16, width: 1024, depth: 24, heads: 16 },
};
