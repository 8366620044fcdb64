/**
 * torch's transformer layer, computed at conversion.
 *
 * @module
 */

import type { RunOptions } from "@rsembed/core";
import type { Weights } from "../checkpoint/weights.ts";
import {
  hostAdd,
  hostAttention,
  hostGelu,
  hostLayerNorm,
  hostLinear,
  hostMap,
} from "./host_layers.ts";
import { takeLayerNorm } from "./layer_norm.ts";
import { takeLinear } from "./linear.ts";
import type { Matrix } from "./matrix.ts";

/** Options of {@linkcode takeHostEncoderLayer}. */
export interface HostEncoderOptions {
  /** Width of the tokens. */
  readonly width: number;
  /** Heads of attention. */
  readonly heads: number;
  /** Width of the feed-forward layer, where the weights do not tell. @default 2048 */
  readonly hidden?: number;
}

/** A layer that runs on tokens at hand, (L, D) to (L, D). */
export type HostLayer = (x: Matrix, options?: RunOptions) => Promise<Matrix>;

/**
 * Takes the weights of a `TransformerEncoderLayer` with exact GELU, each part normed after it is added.
 * What is missing or has another shape is left to `weights.finish()` to tell.
 *
 * Source: torch `nn.TransformerEncoderLayer(norm_first=False)`; Vaswani et al. 2017, arXiv 1706.03762.
 */
export function takeHostEncoderLayer(weights: Weights, options: HostEncoderOptions): HostLayer {
  const { width, heads } = options;
  const hidden = weights.shapeOf("linear1.weight")?.[0] ?? options.hidden ?? 2048;
  const fused = {
    weight: weights.take("self_attn.in_proj_weight", [3 * width, width]),
    bias: weights.take("self_attn.in_proj_bias", [3 * width]),
  };
  const square = { inputs: width, outputs: width };
  const out = takeLinear(weights.under("self_attn.out_proj."), square);
  const wide = takeLinear(weights.under("linear1."), { inputs: width, outputs: hidden });
  const narrow = takeLinear(weights.under("linear2."), { inputs: hidden, outputs: width });
  const first = takeLayerNorm(weights.under("norm1."), { width });
  const second = takeLayerNorm(weights.under("norm2."), { width });
  return async (x, run) => {
    const mixed = hostAttention(await hostLinear(x, fused, run), heads);
    const attended = hostAdd(x, await hostLinear(mixed, out, run));
    const y = await hostLayerNorm(attended, first, run);
    const active = hostMap(await hostLinear(y, wide, run), hostGelu);
    return await hostLayerNorm(hostAdd(y, await hostLinear(active, narrow, run)), second, run);
  };
}
