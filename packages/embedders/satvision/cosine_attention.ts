/**
 * Attention by the cosine of queries and keys, with a bias made of offsets.
 *
 * Source: Liu et al. 2021, "Swin Transformer V2", arXiv 2111.09883, 3.3; pytorch-caney, `swinv2.py`.
 *
 * @module
 */

import { type LazyTensor, mapTensor, type Weights } from "@rsembed/models/checkpoint";
import {
  hostLinear,
  hostMap,
  l2Normalize,
  splitQueryKeyValue,
  takeLinear,
  type WindowAttentionOptions,
  type Windows,
} from "@rsembed/models/layers";
import { type Float, mul, parameter } from "@rsembed/models/onnx";

/** The greatest factor of a cosine. */
const largestScale = 100;

/** Side of the square of offsets in a window. */
function offsetCount(windows: Windows): number {
  return windows.window.reduce((n, side) => n * (2 * side - 1), 1);
}

/** The bias of each offset, (offsets, heads): a small network over stored coordinates, within 0 and 16. */
function takeOffsetBias(weights: Weights, windows: Windows, heads: number): LazyTensor {
  const offsets = offsetCount(windows);
  const sides = windows.window.map((side) => 2 * side - 1);
  // as stored: half-precision files hold rounded ones, and the weights go with them
  const coordinates = weights.take("relative_coords_table", [1, ...sides, 2]);
  const hidden = weights.shapeOf("cpb_mlp.0.weight")?.[0] ?? 512;
  const first = takeLinear(weights.under("cpb_mlp.0."), { inputs: 2, outputs: hidden });
  const second = takeLinear(weights.under("cpb_mlp.2."), {
    inputs: hidden,
    outputs: heads,
    bias: false,
  });
  return {
    shape: [offsets, heads],
    async load(options) {
      const data = Float64Array.from(await coordinates.load(options));
      const inner = await hostLinear({ rows: offsets, columns: 2, data }, first, options);
      const raw = await hostLinear(hostMap(inner, (x) => Math.max(0, x)), second, options);
      return Float32Array.from(raw.data, (x) => 16 / (1 + Math.exp(-x)));
    },
  };
}

/** Factors of the cosines, (heads, 1, 1). */
function takeScale(weights: Weights, heads: number): LazyTensor {
  const stored = weights.take("logit_scale", [heads, 1, 1]);
  return mapTensor(
    stored,
    [heads, 1, 1],
    (data) => data.map((value) => Math.exp(Math.min(value, Math.log(largestScale)))),
  );
}

/** Options of {@linkcode takeCosineAttention}. */
export interface CosineAttentionOptions {
  readonly width: number;
  readonly heads: number;
  readonly windows: Windows;
}

/**
 * Takes the weights of an attention of SwinV2.
 * What is missing or has another shape is left to `weights.finish()` to tell.
 */
export function takeCosineAttention(
  weights: Weights,
  { width, heads, windows }: CosineAttentionOptions,
): WindowAttentionOptions {
  const fused = takeLinear(weights.under("qkv."), {
    inputs: width,
    outputs: 3 * width,
    bias: false,
  });
  const { query, key, value } = splitQueryKeyValue(fused);
  const scale = parameter(takeScale(weights, heads));
  return {
    weights: {
      query: { weight: query.weight, bias: weights.take("q_bias", [width]) },
      key,
      value: { weight: value.weight, bias: weights.take("v_bias", [width]) },
      out: takeLinear(weights.under("proj."), { inputs: width, outputs: width }),
    },
    heads,
    windows,
    offsetBias: takeOffsetBias(weights, windows, heads),
    normalize: (x: Float, kind) => kind === "query" ? mul(l2Normalize(x), scale) : l2Normalize(x),
  };
}
