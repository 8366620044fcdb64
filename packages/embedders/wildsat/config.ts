/**
 * Sizes of WildSAT's networks.
 *
 * @module
 */

/** A vision transformer. */
export interface VitConfig {
  /** Which network it is. */
  readonly arch: "vit";
  /** Side of the image, px: positions are stored for this one. */
  readonly imageSizePx: number;
  /** Side of a patch, px. */
  readonly patchSizePx: number;
  /** Width of the tokens. */
  readonly width: number;
  /** Number of blocks. */
  readonly depth: number;
  /** Heads of attention. */
  readonly heads: number;
  /** Hidden width of a block's MLP. */
  readonly hidden: number;
  /** Classes that the network was trained for first. */
  readonly classes: number;
}

/** A residual network of bottlenecks. */
export interface ResnetConfig {
  /** Which network it is. */
  readonly arch: "resnet";
  /** Channels behind the first convolution. */
  readonly stem: number;
  /** Width of the bottlenecks of each layer; it gives four times as many channels. */
  readonly widths: readonly number[];
  /** Blocks of each layer. */
  readonly blocks: readonly number[];
  /** As of the vision transformer. */
  readonly classes: number;
}

/** A Swin transformer. */
export interface SwinConfig {
  /** Which network it is. */
  readonly arch: "swin";
  /** Width of the first stage; each other doubles it. */
  readonly width: number;
  /** Blocks of each stage. */
  readonly depths: readonly number[];
  /** Heads of attention of each stage. */
  readonly heads: readonly number[];
  /** Side of a window, tokens. */
  readonly windowSize: number;
  /** As of the vision transformer. */
  readonly classes: number;
}

/** What makes one network differ from another. */
export type WildsatConfig = VitConfig | ResnetConfig | SwinConfig;

/** The published networks, by variant. */
export const wildsatConfigs: Readonly<Record<string, WildsatConfig>> = {
  vitb16: {
    arch: "vit",
    imageSizePx: 224,
    patchSizePx: 16,
    width: 768,
    depth: 12,
    heads: 12,
    hidden: 3072,
    classes: 1000,
  },
  resnet50: {
    arch: "resnet",
    stem: 64,
    widths: [64, 128, 256, 512],
    blocks: [3, 4, 6, 3],
    classes: 1000,
  },
  swint: {
    arch: "swin",
    width: 96,
    depths: [2, 2, 6, 2],
    heads: [3, 6, 12, 24],
    windowSize: 7,
    classes: 1000,
  },
};
