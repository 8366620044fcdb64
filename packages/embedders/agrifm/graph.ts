/**
 * The encoder as a graph.
 *
 * Source: flyakon/AgriFM, `AgriFM/models/video_swin_transformer.py`; Liu et al. 2021, arXiv 2106.13230.
 *
 * @module
 */

import { type Checkpoint, type Weights, weightsOf } from "@rsembed/models/checkpoint";
import {
  asMatrix,
  cropTokens,
  gelu,
  layerNorm,
  linear,
  meanOf,
  mergeNeighbours,
  mlp,
  padTokens,
  relativeOffsets,
  scaledLinear,
  splitQueryKeyValue,
  takeLayerNorm,
  takeLinear,
  windowAttention,
} from "@rsembed/models/layers";
import {
  add,
  batch,
  type Float,
  type Graph,
  graph,
  input,
  pad,
  reduceMean,
  reshape,
  slice,
  transpose,
} from "@rsembed/models/onnx";
import type { InputShapes } from "../embedder.ts";
import type { AgrifmConfig } from "./config.ts";

/** Bands of the input. */
export const bandCount = 10;

/** Frames, rows and columns. */
type Sides = readonly [frames: number, height: number, width: number];

/** Keys that give no embedding: other sensors' patches, heads of training, tables that are computed. */
const leftovers: readonly RegExp[] = [
  /^(?!S2_patch_emd\.|patch_emd\.|backbone\.)/,
  /\.relative_position_index$/,
];

/** The least multiple of `step` that is not less than `side`. */
function upTo(side: number, step: number): number {
  return Math.ceil(side / step) * step;
}

/** A token for each block of pixels: (N, T, 10, H, W) to (N, D * h * w, C), with the sides of that grid. */
function embedPatches(
  image: Float,
  weights: Weights,
  { patch: [frames, height, width], width: channels }: AgrifmConfig,
): { tokens: Float; sides: Sides } {
  const [, t, , rows, columns] = image.shape as readonly number[];
  const padded = [[1, t!, frames], [3, rows!, height], [4, columns!, width]].reduce(
    (x, [axis, side, step]) => {
      const to = upTo(side!, step!);
      return to === side ? x : pad(x, { axis: axis!, after: to - side! });
    },
    image,
  );
  const sides: Sides = [
    upTo(t!, frames) / frames,
    upTo(rows!, height) / height,
    upTo(columns!, width) / width,
  ];
  const [d, h, w] = sides;
  const cut = reshape(padded, [batch(), d, frames, bandCount, h, height, w, width]);
  const size = bandCount * frames * height * width;
  const blocks = reshape(transpose(cut, [0, 1, 4, 6, 3, 2, 5, 7]), [batch(), d * h * w, size]);
  const kernel = weights.take("weight", [channels, bandCount, frames, height, width]);
  const tokens = linear(blocks, {
    weight: asMatrix(kernel),
    bias: weights.take("bias", [channels]),
  });
  return { tokens, sides };
}

/** How a block looks at a grid. */
interface BlockOptions {
  readonly sides: Sides;
  readonly width: number;
  readonly heads: number;
  /** The window as it is configured, and as the table of offsets was made for. */
  readonly window: Sides;
  readonly shifted: boolean;
  readonly hidden: number;
}

function block(x: Float, weights: Weights, options: BlockOptions): Float {
  const { sides, width, heads, window, shifted, hidden } = options;
  const whole = sides.map((side, axis) => side <= window[axis]!);
  const size = sides.map((side, axis) => Math.min(side, window[axis]!));
  const shift = sides.map((_, axis) => shifted && !whole[axis] ? Math.floor(window[axis]! / 2) : 0);
  const to = sides.map((side, axis) => upTo(side, size[axis]!));
  const count = size.reduce((n, side) => n * side, 1);
  // the table of the full window, cut to its first tokens: so it was trained
  const full = relativeOffsets(window);
  const length = Math.sqrt(full.length);
  const offsets = Int32Array.from(
    { length: count * count },
    (_, i) => full[Math.floor(i / count) * length + i % count]!,
  );
  const own = weights.under("attn.");
  const { query, key, value } = splitQueryKeyValue(
    takeLinear(own.under("qkv."), { inputs: width, outputs: 3 * width }),
  );
  const rows = window.reduce((n, side) => n * (2 * side - 1), 1);
  const normed = layerNorm(x, takeLayerNorm(weights.under("norm1."), { width }));
  // what was added is attended to, as the authors have it
  const mixed = windowAttention(padTokens(normed, sides, to), {
    weights: {
      query: scaledLinear(query, (width / heads) ** -0.5),
      key,
      value,
      out: takeLinear(own.under("proj."), { inputs: width, outputs: width }),
    },
    heads,
    windows: { grid: to, window: size, shift },
    offsetBias: own.take("relative_position_bias_table", [rows, heads]),
    offsets,
  });
  const y = add(x, cropTokens(mixed, to, sides));
  const fed = mlp(layerNorm(y, takeLayerNorm(weights.under("norm2."), { width })), {
    hidden: takeLinear(weights.under("mlp.fc1."), { inputs: width, outputs: hidden }),
    out: takeLinear(weights.under("mlp.fc2."), { inputs: hidden, outputs: width }),
    activation: gelu,
  });
  return add(y, fed);
}

/** Two frames in one, their mean, and four neighbours in one: half of each side. */
function mergePatches(
  x: Float,
  weights: Weights,
  { sides, width }: { sides: Sides; width: number },
): { merged: Float; sides: Sides } {
  const [d, h, w] = sides;
  const even: Sides = [upTo(d, 2), upTo(h, 2), upTo(w, 2)];
  // a frame that was added is one of zeros, and counts
  const padded = padTokens(x, sides, even);
  const half: Sides = [even[0] / 2, even[1] / 2, even[2] / 2];
  const plane = even[1] * even[2] * width;
  const pairs = reshape(padded, [batch(half[0]), 2, plane]);
  const frame = (i: number) => slice(pairs, { axis: 1, start: i, end: i + 1 });
  const mean = meanOf([frame(0), frame(1)]);
  const four = mergeNeighbours(
    reshape(mean, [batch(half[0]), even[1] * even[2], width]),
    even[1],
    even[2],
  );
  const tokens = reshape(four, [batch(), half[0] * half[1] * half[2], 4 * width]);
  const normed = layerNorm(tokens, takeLayerNorm(weights.under("norm."), { width: 4 * width }));
  const reduction = takeLinear(weights.under("reduction."), {
    inputs: 4 * width,
    outputs: 2 * width,
    bias: false,
  });
  return { merged: linear(normed, reduction), sides: half };
}

/**
 * The encoder for `image` (N, T, 10, S, S), normalised. Its outputs: `patch_tokens` and `stage0` and on
 * (N, C, D, h, w); `block0` and `block1` (N, D, h, w, C); `grid` (N, C * D, h, w), the last stage normed, its frames
 * folded into its channels; `pooled` (N, C * D), its mean.
 *
 * @throws {RsembedError} `corrupt` where the checkpoint lacks keys, has keys left over, or has wrong shapes
 */
export function agrifmGraph(
  shapes: InputShapes,
  checkpoint: Checkpoint | null,
  config: AgrifmConfig,
): Graph {
  const { depths, heads, window, mlpRatio } = config;
  const [frames = 0, , sizePx = 0] = shapes.image ?? [];
  const shape = [frames, bandCount, sizePx, sizePx];
  if (checkpoint === null || `${shapes.image}` !== `${shape}`) {
    throw new TypeError(
      `Cannot build AgriFM for series of (${shapes.image}): a checkpoint and (T, ${bandCount}, S, S) are wanted`,
    );
  }
  const weights = weightsOf(checkpoint, {
    stripPrefixes: ["module."],
    rename: (key) => key.replace(/^S2_patch_emd\./, "patch_emd."),
  });
  const image = input("image", { dtype: "float32", shape });
  const embedded = embedPatches(image, weights.under("patch_emd.proj."), config);
  let { tokens: x, sides } = embedded;
  let { width } = config;
  const channelsLast = (y: Float) => reshape(y, [batch(), ...sides, width]);
  const channelsFirst = (y: Float) => transpose(channelsLast(y), [0, 4, 1, 2, 3]);
  const taps: Record<string, Float> = { patch_tokens: channelsFirst(x) };
  for (const [stage, depth] of depths.entries()) {
    const own = weights.under(`backbone.layers.${stage}.`);
    for (let i = 0; i < depth; i++) {
      x = block(x, own.under(`blocks.${i}.`), {
        sides,
        width,
        heads: heads[stage]!,
        window,
        shifted: i % 2 === 1,
        hidden: mlpRatio * width,
      });
      if (stage === 0 && i < 2) taps[`block${i}`] = channelsLast(x);
    }
    if (stage < depths.length - 1) {
      ({ merged: x, sides } = mergePatches(x, own.under("downsample."), { sides, width }));
      width *= 2;
    }
    taps[`stage${stage}`] = channelsFirst(x);
  }
  const normed = layerNorm(x, takeLayerNorm(weights.under("backbone.norm."), { width }));
  weights.finish(leftovers);
  const grid = reshape(channelsFirst(normed), [batch(), width * sides[0], sides[1], sides[2]]);
  return graph("agrifm", { ...taps, pooled: reduceMean(grid, { axes: [2, 3] }), grid });
}
