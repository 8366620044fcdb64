/**
 * Sizes of RemoteCLIP's towers.
 *
 * @module
 */

/** Sizes of a text tower; its tokens are as wide as the shared space. */
export interface RemoteclipTextConfig {
  /** Width of the tower. */
  readonly width: number;
  /** Number of blocks. */
  readonly layers: number;
  /** Heads of attention. */
  readonly heads: number;
  /** Tokens of a text, those that fill it up included. */
  readonly contextLength: number;
  /** Number of different tokens. */
  readonly vocabularySize: number;
}

/** What makes one image tower differ from another. */
export interface RemoteclipConfig {
  /** Side of the image that the position embeddings were trained for, px. */
  readonly imageSizePx: number;
  /** Side of a patch, px. */
  readonly patchSizePx: number;
  /** Width of the tower, and length of its tokens. */
  readonly width: number;
  /** Number of blocks. */
  readonly layers: number;
  /** Width of one attention head; there are `width / headWidth`. */
  readonly headWidth: number;
  /** Length of the projected embedding. */
  readonly embedDim: number;
  /** The tower of texts. */
  readonly text: RemoteclipTextConfig;
}

const clip = { layers: 12, contextLength: 77, vocabularySize: 49408 } as const;

/** The published towers, by variant. */
export const remoteclipConfigs: Readonly<Record<string, RemoteclipConfig>> = {
  "vit-b-32": {
    imageSizePx: 224,
    patchSizePx: 32,
    width: 768,
    layers: 12,
    headWidth: 64,
    embedDim: 512,
    text: { ...clip, width: 512, heads: 8 },
  },
  "vit-l-14": {
    imageSizePx: 224,
    patchSizePx: 14,
    width: 1024,
    layers: 24,
    headWidth: 64,
    embedDim: 768,
    text: { ...clip, width: 768, heads: 12 },
  },
};
