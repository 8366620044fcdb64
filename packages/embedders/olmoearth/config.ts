/**
 * Sizes and generations of OlmoEarth's encoders.
 *
 * @module
 */

/** How far neighbours are apart for attention. */
export interface RotaryScales {
  /** Turns of a token for each pixel. */
  readonly perPx: number;
  /** Turns of a token for each day. */
  readonly perDay: number;
}

/** What makes one encoder differ from another; `model.encoder_config` of the published `config.json`. */
export interface OlmoearthConfig {
  /** Width of the encoder, and length of an embedding. */
  readonly width: number;
  /** Number of blocks. */
  readonly depth: number;
  /** Heads of attention. */
  readonly heads: number;
  /** Hidden width of a block's MLP over its width. */
  readonly mlpRatio: number;
  /** Side of the stored patch kernels, px: images are resized so that a patch has this side. */
  readonly basePatchPx: number;
  /** Whether patches are embedded by linear layers, channels last, after an MLP on each pixel; else by convolution. */
  readonly linearPatches: boolean;
  /** Bands of each token of a patch, in the order of the bands, by modality. */
  readonly bandSets: Readonly<Record<"s1" | "s2", readonly number[]>>;
  /** Turns queries and keys by place and day; `null` where encodings of place and frame are added instead. */
  readonly rotary: RotaryScales | null;
}

const sizes = {
  nano: { width: 128, depth: 4, heads: 8 },
  tiny: { width: 192, depth: 12, heads: 3 },
  small: { width: 384, depth: 12, heads: 6 },
  base: { width: 768, depth: 12, heads: 12 },
  large: { width: 1024, depth: 24, heads: 16 },
} as const;

const v1 = {
  mlpRatio: 4,
  basePatchPx: 8,
  linearPatches: false,
  bandSets: { s1: [2], s2: [4, 6, 2] },
  rotary: null,
} as const;

const v11 = { ...v1, linearPatches: true, bandSets: { s1: [2], s2: [12] } } as const;

const v12 = { ...v11, rotary: { perPx: 1, perDay: 1 / 30 } } as const;

/** The published encoders, by variant. */
export const olmoearthConfigs: Readonly<Record<string, OlmoearthConfig>> = {
  nano: { ...sizes.nano, ...v1 },
  tiny: { ...sizes.tiny, ...v1 },
  base: { ...sizes.base, ...v1 },
  large: { ...sizes.large, ...v1 },
  nano_v1_1: { ...sizes.nano, ...v11 },
  tiny_v1_1: { ...sizes.tiny, ...v11 },
  base_v1_1: { ...sizes.base, ...v11 },
  nano_v1_2: { ...sizes.nano, ...v12 },
  tiny_v1_2: { ...sizes.tiny, ...v12 },
  small_v1_2: { ...sizes.small, ...v12 },
  base_v1_2: { ...sizes.base, ...v12 },
};
