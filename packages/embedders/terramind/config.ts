/**
 * Sizes of TerraMind's encoders.
 *
 * @module
 */

/** What makes one encoder differ from another. */
export interface TerramindConfig {
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
  /** Hidden width of a block's MLP. */
  readonly hidden: number;
  /** Whether the MLPs are gated; then no linear layer has a bias. */
  readonly gated: boolean;
  /** Which statistics digital numbers are normalised by. */
  readonly release: "v1" | "v01";
}

const common = { imageSizePx: 224, patchSizePx: 16, release: "v1" } as const;
const base = { ...common, width: 768, depth: 12, heads: 12, hidden: 2048, gated: true } as const;

/** The published encoders, by variant. */
export const terramindConfigs: Readonly<Record<string, TerramindConfig>> = {
  tiny: { ...common, width: 192, depth: 12, heads: 3, hidden: 768, gated: false },
  small: { ...common, width: 384, depth: 12, heads: 6, hidden: 1536, gated: false },
  base,
  large: { ...common, width: 1024, depth: 24, heads: 16, hidden: 2730, gated: true },
  v01_base: { ...base, release: "v01" },
};
