/**
 * Transformer blocks as vit-pytorch names their weights.
 *
 * @module
 */

import type { Weights } from "../checkpoint/weights.ts";
import { gelu } from "./activation.ts";
import { splitQueryKeyValue } from "./attention.ts";
import { takeLayerNorm } from "./layer_norm.ts";
import { takeLinear } from "./linear.ts";
import type { TransformerBlockOptions } from "./transformer_block.ts";

/** Options of {@linkcode takePreNormBlock}. */
export interface TakePreNormBlockOptions {
  /** Width of the tokens. */
  readonly width: number;
  /** Heads of attention. */
  readonly heads: number;
  /** Width of a head; together they may be wider than the tokens. */
  readonly headWidth: number;
  /** Hidden width of the feed-forward layer. */
  readonly hidden: number;
}

/**
 * Takes the weights of a block: `0.norm`, `0.to_qkv` without bias, `0.to_out.0`, `1.net.0`, `1.net.1`, `1.net.4`; or
 * `0.to_out` without bias and `1.net.3`, where nothing was dropped in training.
 * What is missing or has another shape is left to `weights.finish()` to tell.
 *
 * Source: lucidrains/vit-pytorch, `vit.py` and `simple_vit.py`.
 */
export function takePreNormBlock(
  weights: Weights,
  { width, heads, headWidth, hidden }: TakePreNormBlockOptions,
): TransformerBlockOptions {
  const inner = heads * headWidth;
  const [mix, feed] = [weights.under("0."), weights.under("1.net.")];
  const isPlain = mix.has("to_out.weight");
  const fused = takeLinear(mix.under("to_qkv."), {
    inputs: width,
    outputs: 3 * inner,
    bias: false,
  });
  return {
    norm1: takeLayerNorm(mix.under("norm."), { width }),
    attention: {
      weights: {
        ...splitQueryKeyValue(fused),
        out: takeLinear(mix.under(isPlain ? "to_out." : "to_out.0."), {
          inputs: inner,
          outputs: width,
          bias: !isPlain,
        }),
      },
      heads,
    },
    norm2: takeLayerNorm(feed.under("0."), { width }),
    mlp: {
      hidden: takeLinear(feed.under("1."), { inputs: width, outputs: hidden }),
      out: takeLinear(feed.under(isPlain ? "3." : "4."), { inputs: hidden, outputs: width }),
    },
    activation: gelu,
  };
}
