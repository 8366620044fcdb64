/**
 * Sizes of SatMAE++'s encoders.
 *
 * @module
 */

import type { MaeConfig } from "../_graph/mae_encoder.ts";

/** An encoder of RGB. */
export interface RgbConfig extends MaeConfig {
  /** What it sees. */
  readonly kind: "rgb";
}

/** An encoder of ten bands of Sentinel-2 in groups. */
export interface GroupConfig extends MaeConfig {
  /** What it sees. */
  readonly kind: "s2_10b";
  /** Part of a token's position that tells its group, of `width`. */
  readonly channelWidth: number;
}

/** What makes one encoder differ from another. */
export type SatmaeppConfig = RgbConfig | GroupConfig;

const large = { width: 1024, depth: 24, heads: 16 } as const;

/** The published encoders, by variant. */
export const satmaeppConfigs: Readonly<Record<string, SatmaeppConfig>> = {
  rgb: { kind: "rgb", imageSizePx: 224, patchSizePx: 16, ...large },
  s2_10b: { kind: "s2_10b", imageSizePx: 96, patchSizePx: 8, channelWidth: 256, ...large },
};
