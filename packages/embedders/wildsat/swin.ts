/**
 * torchvision's Swin transformer.
 *
 * Source: torchvision, `models/swin_transformer.py`; Liu et al. 2021, arXiv 2103.14030.
 *
 * @module
 */

import type { Weights } from "@rsembed/models/checkpoint";
import {
  cropTokens,
  gelu,
  layerNorm,
  linear,
  mergeNeighbours,
  mlp,
  padTokens,
  patchEmbedding,
  patchOutputs,
  scaledLinear,
  splitQueryKeyValue,
  takeLayerNorm,
  takeLinear,
  windowAttention,
} from "@rsembed/models/layers";
import { add, type Float, slice } from "@rsembed/models/onnx";
import type { SwinConfig } from "./config.ts";

/** Side of a patch, px. */
const patchSizePx = 4;
/** Hidden width of a block's MLP over its width. */
const mlpRatio = 4;

function block(
  x: Float,
  weights: Weights,
  options: { side: number; width: number; heads: number; windowSize: number; shifted: boolean },
): Float {
  const { side, width, heads, windowSize, shifted } = options;
  const to = Math.ceil(side / windowSize) * windowSize;
  const shift = shifted && to > windowSize ? Math.floor(windowSize / 2) : 0;
  const own = weights.under("attn.");
  const fused = takeLinear(own.under("qkv."), { inputs: width, outputs: 3 * width });
  const { query, key, value } = splitQueryKeyValue(fused);
  const normed = layerNorm(x, takeLayerNorm(weights.under("norm1."), { width }));
  // what was added is attended to, as the authors of the code have it
  const mixed = windowAttention(padTokens(normed, [side, side], [to, to]), {
    weights: {
      query: scaledLinear(query, (width / heads) ** -0.5),
      key,
      value,
      out: takeLinear(own.under("proj."), { inputs: width, outputs: width }),
    },
    heads,
    windows: { grid: [to, to], window: [windowSize, windowSize], shift: [shift, shift] },
    offsetBias: own.take("relative_position_bias_table", [(2 * windowSize - 1) ** 2, heads]),
  });
  const y = add(x, cropTokens(mixed, [to, to], [side, side]));
  const hidden = mlpRatio * width;
  const fed = mlp(layerNorm(y, takeLayerNorm(weights.under("norm2."), { width })), {
    hidden: takeLinear(weights.under("mlp.0."), { inputs: width, outputs: hidden }),
    out: takeLinear(weights.under("mlp.3."), { inputs: hidden, outputs: width }),
    activation: gelu,
  });
  return add(y, fed);
}

/** The classes, of images of side `sizePx`. */
export function swin(
  image: Float,
  weights: Weights,
  { sizePx, ...config }: SwinConfig & { readonly sizePx: number },
): Record<string, Float> {
  const { depths, heads, windowSize, classes } = config;
  let { width } = config;
  // pixels that fill no patch are not seen
  let side = Math.floor(sizePx / patchSizePx);
  const seen = [2, 3].reduce(
    (x, axis) =>
      side * patchSizePx === sizePx ? x : slice(x, { axis, start: 0, end: side * patchSizePx }),
    image,
  );
  const patches = patchEmbedding(seen, {
    kernel: weights.take("features.0.0.weight", [width, 3, patchSizePx, patchSizePx]),
    bias: weights.take("features.0.0.bias", [width]),
  });
  let x = layerNorm(patches, takeLayerNorm(weights.under("features.0.2."), { width }));
  for (const [stage, depth] of depths.entries()) {
    for (let i = 0; i < depth; i++) {
      const options = { side, width, heads: heads[stage]!, windowSize, shifted: i % 2 === 1 };
      x = block(x, weights.under(`features.${2 * stage + 1}.${i}.`), options);
    }
    if (stage === depths.length - 1) continue;
    const merge = weights.under(`features.${2 * stage + 2}.`);
    const to = side + side % 2;
    const four = mergeNeighbours(padTokens(x, [side, side], [to, to]), to, to);
    const normed = layerNorm(four, takeLayerNorm(merge.under("norm."), { width: 4 * width }));
    x = linear(
      normed,
      takeLinear(merge.under("reduction."), { inputs: 4 * width, outputs: 2 * width, bias: false }),
    );
    [width, side] = [2 * width, to / 2];
  }
  const normed = layerNorm(x, takeLayerNorm(weights.under("norm."), { width }));
  const { pooled } = patchOutputs(normed, { height: side, width: side });
  return {
    backbone: linear(
      pooled,
      takeLinear(weights.under("head."), { inputs: width, outputs: classes }),
    ),
  };
}
