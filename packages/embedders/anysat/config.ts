/**
 * Sizes of AnySat's encoder.
 *
 * @module
 */

/** What turns the series of a pixel into one token. */
export interface ProjectorConfig {
  /** Widths of the layers that each date passes alone, the last that of the encoder. */
  readonly widths: readonly number[];
  /** Heads of attention over dates; their number divides the width of the encoder. */
  readonly heads: number;
  /** Width of the keys of a head. */
  readonly keyWidth: number;
  /** Base of the encoding of dates. */
  readonly period: number;
}

/** What makes one encoder differ from another; upstream's own configuration. */
export interface AnysatConfig {
  /** Width of the encoder, and length of an embedding. */
  readonly width: number;
  /** Blocks over the pixels of a patch. */
  readonly spatialDepth: number;
  /** Heads of attention of those. */
  readonly spatialHeads: number;
  /** Blocks over the patches, without the last, which asks with learned queries. */
  readonly depth: number;
  /** Heads of attention of those, and of the last. */
  readonly heads: number;
  /** Hidden width of a block's MLP over its width. */
  readonly mlpRatio: number;
  /** That of Sentinel-2. */
  readonly projector: ProjectorConfig;
}

/** The published encoders, by variant. */
export const anysatConfigs: Readonly<Record<string, AnysatConfig>> = {
  base: {
    width: 768,
    spatialDepth: 6,
    spatialHeads: 12,
    depth: 6,
    heads: 12,
    mlpRatio: 4,
    projector: { widths: [96, 384, 768, 1536, 768], heads: 16, keyWidth: 8, period: 367 },
  },
};
