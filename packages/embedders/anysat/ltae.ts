/**
 * From the series of each pixel to one token.
 *
 * Source: Garnot and Landrieu 2020, arXiv 2007.00586 (L-TAE); `ltae.py` of gastruc/AnySat.
 *
 * @module
 */

import type { LazyTensor, Weights } from "@rsembed/models/checkpoint";
import {
  groupNorm,
  linear,
  type LinearWeights,
  standardize,
  takeGroupNorm,
  takeLinear,
} from "@rsembed/models/layers";
import {
  add,
  batch,
  type Float,
  floats,
  gather,
  input,
  matMul,
  mul,
  parameter,
  relu,
  reshape,
  softmax,
  transpose,
} from "@rsembed/models/onnx";
import type { ProjectorConfig } from "./config.ts";
import { lastDay } from "./frames.ts";

/** Bands of the input. */
export const bandCount = 10;
/** Groups of the norms between layers. */
const layerGroups = 4;
/** Layers of a date are linear, norm, activation, dropout. */
const modulesPerLayer = 4;
/** Added to variances by all norms. */
const epsilon = 1e-5;

/**
 * Encodings of the days of a year, (365, size): sines at even places, cosines at odd ones.
 *
 * Source: `PositionalEncoder` of `ltae.py`.
 */
export function dayTable({ period, size }: { period: number; size: number }): Float32Array {
  const { fround } = Math;
  const out = new Float32Array((lastDay + 1) * size);
  for (let i = 0; i < size; i++) {
    // each step rounds to float32, as it did in training
    const divisor = fround(period ** fround(2 * Math.floor(i / 2) / size));
    for (let day = 0; day <= lastDay; day++) {
      const angle = fround(day / divisor);
      out[day * size + i] = i % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    }
  }
  return out;
}

/** Keys and learned queries as one layer that gives the score of each head: neither is needed alone. */
function scoreWeights(
  weights: Weights,
  { width, heads, keyWidth }: { width: number; heads: number; keyWidth: number },
): LinearWeights {
  const queries = weights.take("Q", [heads, keyWidth]);
  const keys = takeLinear(weights.under("fc1_k."), { inputs: width, outputs: heads * keyWidth });
  const scored = (tensor: LazyTensor, size: number): LazyTensor => ({
    shape: [heads, ...tensor.shape.slice(1)],
    async load(options) {
      const asked = await queries.load(options);
      const values = await tensor.load(options);
      const out = new Float64Array(heads * size);
      for (let row = 0; row < heads * keyWidth; row++) {
        const factor = asked[row]! / Math.sqrt(keyWidth);
        const at = Math.floor(row / keyWidth) * size;
        for (let c = 0; c < size; c++) out[at + c]! += factor * values[row * size + c]!;
      }
      return Float32Array.from(out);
    },
  });
  return { weight: scored(keys.weight, width), bias: keys.bias && scored(keys.bias, 1) };
}

/** What the projector is fed. */
interface SeriesOptions {
  /** Those of the projector. */
  readonly weights: Weights;
  readonly config: ProjectorConfig;
  /** Width of the encoder. */
  readonly width: number;
  readonly frames: number;
  /** Side of the image, px. */
  readonly sizePx: number;
}

/**
 * A token for each pixel of the inputs `s2` (N, T, 10, S, S) and `dates` (N, T), days of the year from 0:
 * (N, S * S, D).
 */
export function pixelTokens({ weights, config, width, frames, sizePx }: SeriesOptions): Float {
  const { widths, heads, keyWidth, period } = config;
  const size = width / heads;
  const pixels = sizePx * sizePx;
  const s2 = input("s2", { dtype: "float32", shape: [frames, bandCount, sizePx, sizePx] });
  const dates = input("dates", { dtype: "int64", shape: [frames] });

  let x = reshape(transpose(s2, [0, 3, 4, 1, 2]), [batch(pixels * frames), bandCount]);
  let inputs = bandCount;
  for (const [i, outputs] of widths.entries()) {
    const at = i * modulesPerLayer;
    const layer = takeLinear(weights.under(`inconv.${at}.`), { inputs, outputs });
    const norm = takeGroupNorm(weights.under(`inconv.${at + 1}.`), {
      channels: outputs,
      groups: layerGroups,
      epsilon,
    });
    x = relu(groupNorm(linear(x, layer), norm));
    inputs = outputs;
  }

  const inNorm = takeGroupNorm(weights.under("in_norm."), {
    channels: width,
    groups: heads,
    epsilon,
  });
  const byChannel = (tensor: LazyTensor) => reshape(parameter(tensor), [heads, 1, size]);
  // a group of channels is normalised over all dates together
  const grouped = reshape(
    transpose(reshape(x, [batch(pixels), frames, heads, size]), [0, 2, 1, 3]),
    [batch(pixels), heads, frames * size],
  );
  const even = reshape(standardize(grouped, epsilon), [batch(), pixels, heads, frames, size]);
  const days = gather(floats([lastDay + 1, size], dayTable({ period, size })), dates);
  const dated = reshape(
    add(
      add(mul(even, byChannel(inNorm.weight)), byChannel(inNorm.bias)),
      reshape(days, [batch(), 1, 1, frames, size]),
    ),
    [batch(pixels), heads, frames, size],
  );

  const attention = weights.under("attention_heads.");
  const scores = linear(
    reshape(transpose(dated, [0, 2, 1, 3]), [batch(pixels), frames, width]),
    scoreWeights(attention, { width, heads, keyWidth }),
  );
  const shares = reshape(softmax(transpose(scores, [0, 2, 1]), { axis: -1 }), [
    batch(pixels),
    heads,
    1,
    frames,
  ]);
  const series = reshape(matMul(shares, dated), [batch(pixels), width]);

  const layer = takeLinear(weights.under("mlp.0."), { inputs: width, outputs: width });
  const hidden = groupNorm(
    linear(series, layer),
    takeGroupNorm(weights.under("mlp.1."), { channels: width, groups: layerGroups, epsilon }),
  );
  const outNorm = takeGroupNorm(weights.under("out_norm."), {
    channels: width,
    groups: heads,
    epsilon,
  });
  return reshape(groupNorm(relu(hidden), outNorm), [batch(), pixels, width]);
}
