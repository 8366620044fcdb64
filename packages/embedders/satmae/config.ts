/**
 * Sizes of SatMAE's encoders.
 *
 * @module
 */

import type { MaeConfig } from "../_graph/mae_encoder.ts";
import type { ChannelStatistics } from "../_prepare/rgb_bytes.ts";

/** What makes one encoder differ from another; `config.json` of the published checkpoint. */
export interface SatmaeConfig extends MaeConfig {
  /** Of the training images. */
  readonly statistics: ChannelStatistics;
}

/** Of Functional Map of the World. Source: rshf, `rshf/satmae/model.py`. */
export const fmowStatistics: ChannelStatistics = {
  mean: [0.4182007312774658, 0.4214799106121063, 0.3991275727748871],
  std: [0.28774282336235046, 0.27541765570640564, 0.2764017581939697],
};

/** The published encoders, by variant. */
export const satmaeConfigs: Readonly<Record<string, SatmaeConfig>> = {
  large: {
    imageSizePx: 224,
    patchSizePx: 16,
    width: 1024,
    depth: 24,
    heads: 16,
    statistics: fmowStatistics,
  },
};
