/**
 * Transformer blocks as timm names their weights, which most vision transformers follow.
 *
 * @module
 */

import type { Weights } from "../checkpoint/weights.ts";
import { type Activation, gelu } from "./activation.ts";
import { splitQueryKeyValue } from "./attention.ts";
import { takeLayerNorm } from "./layer_norm.ts";
import { takeLinear } from "./linear.ts";
import { transformerBlock, type TransformerBlockOptions } from "./transformer_block.ts";
import type { Float } from "../onnx/mod.ts";

/** Options of {@linkcode takeTimmBlock}. */
export interface TakeTimmBlockOptions {
  /** Width D of the tokens. */
  readonly width: number;
  /** Heads of attention; their number divides the width. */
  readonly heads: number;
  /** Hidden width of the MLP. @default 4 D */
  readonly hidden?: number;
  /** Added to variances by the norms. @default 1e-6, as in timm's vision transformers */
  readonly epsilon?: number;
  /** Whether queries, keys and values have a bias. @default true */
  readonly qkvBias?: boolean;
  /** Whether they have a layer each: `attn.q`, `attn.k` and `attn.v`. @default one `attn.qkv` */
  readonly qkvApart?: boolean;
  /** That of the MLP. @default exact GELU */
  readonly activation?: Activation;
}

/**
 * Takes the weights of a block: `norm1`, `attn.qkv` or its parts, `attn.proj`, `norm2`, `mlp.fc1`, `mlp.fc2`.
 * What is missing or has another shape is left to `weights.finish()` to tell.
 *
 * Source: timm `vision_transformer.py`, `Block`.
 */
export function takeTimmBlock(
  weights: Weights,
  options: TakeTimmBlockOptions,
): TransformerBlockOptions {
  const { width, heads, hidden = 4 * width, epsilon = 1e-6, qkvBias: bias = true } = options;
  const layer = (name: string, outputs: number) =>
    takeLinear(weights.under(`attn.${name}.`), { inputs: width, outputs, bias });
  return {
    norm1: takeLayerNorm(weights.under("norm1."), { width, epsilon }),
    attention: {
      weights: {
        ...(options.qkvApart
          ? { query: layer("q", width), key: layer("k", width), value: layer("v", width) }
          : splitQueryKeyValue(layer("qkv", 3 * width))),
        out: takeLinear(weights.under("attn.proj."), { inputs: width, outputs: width }),
      },
      heads,
    },
    norm2: takeLayerNorm(weights.under("norm2."), { width, epsilon }),
    mlp: {
      hidden: takeLinear(weights.under("mlp.fc1."), { inputs: width, outputs: hidden }),
      out: takeLinear(weights.under("mlp.fc2."), { inputs: hidden, outputs: width }),
    },
    activation: options.activation ?? gelu,
  };
}

/** Options of {@linkcode timmBlocks}. */
export interface TimmBlocksOptions extends TakeTimmBlockOptions {
  /** Number of the block after the last. */
  readonly depth: number;
  /** Number of the first block. @default 0 */
  readonly first?: number;
  /** Added to the scaled products of queries and keys; broadcasts to (N, heads, L, L). */
  readonly mask?: Float;
}

/** The blocks `blocks.<first>` to `blocks.<depth - 1>`, one after another: (N, L, D) to (N, L, D). */
export function timmBlocks(x: Float, weights: Weights, options: TimmBlocksOptions): Float {
  let y = x;
  for (let i = options.first ?? 0; i < options.depth; i++) {
    const block = takeTimmBlock(weights.under(`blocks.${i}.`), options);
    const { mask } = options;
    y = transformerBlock(y, mask ? { ...block, attention: { ...block.attention, mask } } : block);
  }
  return y;
}
