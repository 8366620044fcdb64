/**
 * The encoder as a graph.
 *
 * Source: Tseng et al. 2023, arXiv 2304.14065; nasaharvest/presto, `presto/presto.py`.
 *
 * @module
 */

import {
  type Checkpoint,
  type LazyTensor,
  type Weights,
  weightsOf,
} from "@rsembed/models/checkpoint";
import { layerNorm, linear, takeLayerNorm, takeLinear, timmBlocks } from "@rsembed/models/layers";
import {
  add,
  apply,
  batch,
  concat,
  div,
  type Float,
  floats,
  gather,
  type Graph,
  graph,
  input,
  matMul,
  mul,
  pad,
  parameter,
  reduceMean,
  reshape,
  scalar,
  slice,
  sub,
  transpose,
} from "@rsembed/models/onnx";
import type { InputShapes } from "../embedder.ts";
import { groups } from "./bands.ts";
import type { PrestoConfig } from "./config.ts";

/** What decides the graph. */
export interface PrestoGraphConfig extends PrestoConfig {
  /** Indices of the groups of bands that are seen. */
  readonly groups: readonly number[];
  /** Whether land cover is seen. */
  readonly landCover: boolean;
  /** Whether the encoder is told the place. */
  readonly useLocation: boolean;
}

/** Added to variances by all norms: torch's own. */
const epsilon = 1e-5;

/** Added to the products of tokens that are not there. */
const hidden = 1e9;

/** The half that paints masked values, and layers of what is not seen. */
const leftovers: readonly RegExp[] = [
  /^decoder\./,
  /^encoder\.eo_patch_embed\./,
  /^encoder\.dw_embed\.weight$/,
  /^encoder\.latlon_embed\./,
];

/** The smaller of two values. */
function least(x: Float, most: number): Float {
  return apply("Min", { inputs: [x, scalar(most, x.dtype)], dtype: x.dtype, shape: x.shape });
}

/** The larger of two values. */
function greatest(x: Float, least: number): Float {
  return apply("Max", { inputs: [x, scalar(least, x.dtype)], dtype: x.dtype, shape: x.shape });
}

/** What tells group and frame, (T, D): zeros for the month, the group's vector, the frame's. */
function placeInSeries(
  { channels, positions }: { channels: LazyTensor; positions: LazyTensor | null },
  { group, frames, config }: { group: number; frames: number; config: PrestoConfig },
): LazyTensor {
  const { width, monthWidth, channelWidth } = config;
  const positionWidth = width - monthWidth - channelWidth;
  return {
    shape: [frames, width],
    async load(options) {
      const [own, places] = [await channels.load(options), await positions?.load(options)];
      const out = new Float32Array(frames * width);
      for (let t = 0; t < frames; t++) {
        const vector = own.subarray(group * channelWidth, (group + 1) * channelWidth);
        out.set(vector, t * width + monthWidth);
        const place = places?.subarray(t * positionWidth, (t + 1) * positionWidth);
        if (place) out.set(place, t * width + monthWidth + channelWidth);
      }
      return out;
    },
  };
}

/** Pixels of a series, (N, T, B, H, W) to (N, P, T, B). */
function byPixel(x: Float): Float {
  const [, frames, bands, height, width] = x.shape as readonly number[];
  const moved = transpose(x, [0, 3, 4, 1, 2]);
  return reshape(moved, [batch(), height! * width!, frames!, bands!]);
}

/** The tokens of all groups that are seen, (N, P, L, D), the place first. */
function embedTokens(
  weights: Weights,
  config: PrestoGraphConfig,
  { frames, height, across, bands }: {
    frames: number;
    height: number;
    across: number;
    bands: number;
  },
): Float {
  const { width, monthWidth, channelWidth, maxFrames } = config;
  const pixels = height * across;
  const shared = "encoder.channel_embed.weight";
  // one tensor under two names, of which a format that shares none keeps the decoder's
  const channels = weights.take(
    weights.has(shared) ? shared : "decoder.channel_embeddings.weight",
    [groups.length + 1, channelWidth],
  );
  const positionWidth = width - monthWidth - channelWidth;
  const positions = weights.take("encoder.pos_embed", [1, maxFrames, positionWidth]);
  const months = input("months", { dtype: "int64", shape: [frames] });
  const table = parameter(weights.take("encoder.month_embed.weight", [12, monthWidth]));
  const seasons = reshape(
    pad(gather(table, months), { axis: 2, after: width - monthWidth }),
    [batch(), 1, frames, width],
  );
  const placed = (tokens: Float, group: number): Float => {
    const place = parameter(placeInSeries({ channels, positions }, { group, frames, config }));
    return add(add(tokens, place), seasons);
  };
  const parts: Float[] = [];
  if (config.useLocation) {
    const place = input("location", { dtype: "float32", shape: [3, height, across] });
    const points = reshape(transpose(place, [0, 2, 3, 1]), [batch(), pixels, 1, 3]);
    const layer = takeLinear(weights.under("encoder.latlon_embed."), { inputs: 3, outputs: width });
    parts.push(linear(points, layer));
  }
  const x = byPixel(input("x", { dtype: "float32", shape: [frames, bands, height, across] }));
  let from = 0;
  for (const index of config.groups) {
    const { name, slots, isStatic } = groups[index]!;
    const layer = takeLinear(weights.under(`encoder.eo_patch_embed.${name}.`), {
      inputs: slots.length,
      outputs: width,
    });
    const own = slice(x, { axis: 3, start: from, end: from + slots.length });
    from += slots.length;
    if (isStatic) {
      const first = linear(slice(own, { axis: 2, start: 0, end: 1 }), layer);
      const place = placeInSeries({ channels, positions: null }, {
        group: index,
        frames: 1,
        config,
      });
      parts.push(add(first, parameter(place)));
    } else parts.push(placed(linear(own, layer), index));
  }
  if (config.landCover) {
    const classes = input("dynamic_world", { dtype: "int64", shape: [frames, height, across] });
    const rows = parameter(weights.take("encoder.dw_embed.weight", [10, width]));
    const tokens = transpose(gather(rows, classes), [0, 2, 3, 1, 4]);
    parts.push(placed(reshape(tokens, [batch(), pixels, frames, width]), groups.length));
  }
  return concat(parts, { axis: 2 });
}

/**
 * The encoder for `x` (N, T, B, H, W), scaled; `visible` (N, L, H, W), 1 for each token that there is; `months`
 * (N, T), 0 to 11; and, where they are seen, `location` (N, 3, H, W), on the unit sphere, and `dynamic_world`
 * (N, T, H, W), 0 to 9. Its outputs: `tokens_in` and `tokens` (N, H * W, L, D), the place first, before the blocks
 * and normed; `grid` (N, D, H, W), an embedding for every pixel; `pooled` and `pooled_valid` (N, D), their mean over
 * all pixels and over those with a token beside the place.
 *
 * @throws {RsembedError} `corrupt` where the checkpoint lacks keys, has keys left over, or has wrong shapes
 */
export function prestoGraph(
  shapes: InputShapes,
  checkpoint: Checkpoint | null,
  config: PrestoGraphConfig,
): Graph {
  const { width, depth, heads, mlpRatio, useLocation } = config;
  const [frames = 0, bands = 0, height = 0, across = 0] = shapes.x ?? [];
  const [count = 0] = shapes.visible ?? [];
  if (
    checkpoint === null || shapes.x?.length !== 4 || `${shapes.months}` !== `${[frames]}` ||
    `${shapes.visible}` !== `${[count, height, across]}` || frames > config.maxFrames
  ) {
    throw new TypeError(
      `Cannot build Presto for inputs of ${
        JSON.stringify(shapes)
      }: a checkpoint, x of (T, B, H, W), visible of ` +
        `(L, H, W) and months of (T) are wanted, T at most ${config.maxFrames}`,
    );
  }
  const weights = weightsOf(checkpoint, { stripPrefixes: ["module.", "model."] });
  const tokens = embedTokens(weights, config, { frames, height, across, bands });
  const length = tokens.shape[2] as number;
  const pixels = height * across;
  const visible = input("visible", { dtype: "float32", shape: [count, height, across] });
  const seen = reshape(transpose(visible, [0, 2, 3, 1]), [batch(pixels), 1, count]);
  const apart = mul(sub(seen, 1), hidden);
  // the place is always there
  const before = length - count;
  const mask = before === 0 ? apart : pad(apart, { axis: 2, before });
  const ones = add(div(mask, hidden), 1);
  const series = reshape(tokens, [batch(pixels), length, width]);
  const y = timmBlocks(series, weights.under("encoder."), {
    depth,
    width,
    heads,
    hidden: mlpRatio * width,
    epsilon,
    mask: reshape(mask, [batch(pixels), 1, 1, length]),
  });
  const norm = takeLayerNorm(weights.under("encoder.norm."), { width, epsilon });
  weights.finish(leftovers);
  const sumOf = (x: Float) => matMul(x, floats([length, 1], new Array(length).fill(1)));
  const mean = div(matMul(ones, y), greatest(sumOf(ones), 1));
  const embedded = reshape(layerNorm(mean, norm), [batch(), pixels, width]);
  const grid = reshape(transpose(embedded, [0, 2, 1]), [batch(), width, height, across]);
  const own = reshape(least(sub(sumOf(ones), useLocation ? 1 : 0), 1), [batch(), 1, pixels]);
  const total = matMul(own, floats([pixels, 1], new Array(pixels).fill(1)));
  const valid = div(matMul(own, embedded), greatest(total, 1));
  const laid = (x: Float) => reshape(x, [batch(), pixels, length, width]);
  return graph("presto", {
    tokens_in: tokens,
    tokens: laid(layerNorm(y, norm)),
    grid,
    pooled: reduceMean(grid, { axes: [2, 3] }),
    pooled_valid: reshape(valid, [batch(), width]),
  });
}
