/**
 * The encoder as a graph, for images of one size and ground sampling distance.
 *
 * Source: FM4CS/THOR v1.0.2, `models/thor_vit.py`, `models/patch_timm.py` and `utils/pos_embed.py`.
 *
 * @module
 */

import {
  type Checkpoint,
  type LazyTensor,
  mapTensor,
  type Weights,
  weightsOf,
} from "@rsembed/models/checkpoint";
import {
  bilinearMatrix,
  patchEmbedding,
  type PatchEmbeddingWeights,
  resizeKernel,
  resizeSquares,
  sinCos1d,
  timmBlocks,
} from "@rsembed/models/layers";
import {
  add,
  batch,
  concat,
  div,
  type Float,
  floats,
  gather,
  type Graph,
  graph,
  input,
  int64s,
  matMul,
  mul,
  parameter,
  reduceMax,
  reshape,
  slice,
  transpose,
} from "@rsembed/models/onnx";
import type { InputShapes } from "../embedder.ts";
import { type BandGroup, bandGroups, type Modality, type ThorConfig } from "./config.ts";
import { sidesOf } from "./geometry.ts";

/** What decides the graph, beside the size of the image. */
export interface ThorGraphConfig extends ThorConfig {
  readonly modality: Modality;
  /** Side of a patch, px of each band's own. */
  readonly patchPx: number;
  /** Side of a pixel of the image, metres. */
  readonly scaleM: number;
}

/** What a patch of the least size covers, metres: others are told as multiples of it. */
const referencePatchM = 40;

/** The last norm is stored, and upstream leaves it out; the other keys are those of other sensors and of training. */
const leftovers: readonly RegExp[] = [
  /^(?!encoder\.)/,
  /^encoder\.ind_patch_embed\.patch_embed\.S[123]:/,
  /^encoder\.band_embed\.group\d+$/,
  /^encoder\.norm\.(weight|bias)$/,
  /^encoder\.(decoder_|decode_|ref_pos_embed|pos_embed)/,
];

/**
 * The kernels of a group as one: the mean over bands of convolutions of a single band each is a convolution of all
 * bands.
 */
function meanKernel(
  weights: Weights,
  { bands }: BandGroup,
  { width, kernelPx, patchPx }: ThorGraphConfig,
): PatchEmbeddingWeights {
  const layers = bands.map(([, key]) => weights.under(`ind_patch_embed.patch_embed.${key}.`));
  const kernels = layers.map((layer) =>
    resizeKernel(layer.take("weight", [width, 1, kernelPx, kernelPx]), patchPx)
  );
  const biases = layers.map((layer) => layer.take("bias", [width]));
  const count = bands.length;
  const size = patchPx * patchPx;
  return {
    kernel: {
      shape: [width, count, patchPx, patchPx],
      async load(options) {
        const out = new Float32Array(width * count * size);
        for (const [band, kernel] of kernels.entries()) {
          const data = await kernel.load(options);
          for (let i = 0; i < data.length; i++) {
            const d = Math.floor(i / size);
            out[(d * count + band) * size + i % size] = data[i]! / count;
          }
        }
        return out;
      },
    },
    bias: {
      shape: [width],
      async load(options) {
        const out = new Float64Array(width);
        for (const bias of biases) {
          (await bias.load(options)).forEach((x, d) => out[d]! += x / count);
        }
        return Float32Array.from(out);
      },
    },
  };
}

/** What tells the ground that a patch of a group covers, then the group: (D,). */
function groupEncoding(
  weights: Weights,
  { name, gsdM }: BandGroup,
  { width, groupWidth, patchPx }: ThorGraphConfig,
): LazyTensor {
  const ground = patchPx * gsdM / referencePatchM;
  const size = width - groupWidth;
  return mapTensor(weights.take(`band_embed.${name}`, [groupWidth]), [width], (own) => {
    const out = new Float32Array(width);
    out.set(sinCos1d([ground], { size }));
    out.set(own, size);
    return out;
  });
}

/** Tokens of a group, (N, n * n, D), rows from the top. */
function embedGroup(
  image: Float,
  { group, side, weights, config }: {
    group: BandGroup;
    side: number;
    weights: Weights;
    config: ThorGraphConfig;
  },
): Float {
  const bands = gather(image, int64s(group.bands.map(([index]) => index)), { axis: 1 });
  const [from, to] = [Number(image.shape[3]), side * config.patchPx];
  const own = from === to ? bands : resizeSquares(bands, bilinearMatrix(from, to));
  const patches = patchEmbedding(own, meanKernel(weights, group, config));
  return add(patches, parameter(groupEncoding(weights, group, config)));
}

/**
 * Distances of the centres of tokens, in sides of the largest patch, (L, L).
 *
 * @param sides Tokens in a row of each group
 */
export function tokenDistances(
  groups: readonly BandGroup[],
  sides: readonly number[],
): Float64Array {
  const widest = Math.max(...groups.map(({ gsdM }) => gsdM));
  const centres = groups.flatMap(({ gsdM }, i) => {
    const [side, step] = [sides[i]!, gsdM / widest];
    return Array.from({ length: side * side }, (_, cell) =>
      [
        (Math.floor(cell / side) + 0.5) * step,
        (cell % side + 0.5) * step,
      ] as const);
  });
  const out = new Float64Array(centres.length ** 2);
  for (const [i, [top, left]] of centres.entries()) {
    for (const [j, [y, x]] of centres.entries()) {
      out[i * centres.length + j] = Math.hypot(top - y, left - x);
    }
  }
  return out;
}

/** Less attention is paid to what is farther away, by a slope for each head: (heads, L, L). */
function distanceBias(
  weights: Weights,
  { heads, modality }: ThorGraphConfig,
  sides: readonly number[],
): Float {
  const distances = tokenDistances(bandGroups[modality], sides);
  const count = Math.sqrt(distances.length);
  const slopes = weights.take("encoder_slopes", [heads]);
  const falling = mapTensor(slopes, [heads, 1, 1], (data) => data.map((slope) => -slope));
  return mul(parameter(falling), floats([count, count], distances));
}

/** The mean over tokens, (N, L, D) to (N, D): as a product, which the runtime sums alike in any batch. */
function meanToken(tokens: Float): Float {
  const count = Number(tokens.shape[1]);
  const weights = floats([1, count], new Array(count).fill(1 / count));
  return reshape(matMul(weights, tokens), [batch(), tokens.shape[2]!]);
}

/** The tokens of each group as a grid of the finest: (N, L, D) to (N, D, n, n) each. */
function groupGrids(tokens: Float, sides: readonly number[]): Float[] {
  const width = tokens.shape[2]!;
  const most = Math.max(...sides);
  let end = 0;
  return sides.map((side) => {
    const start = end;
    end += side * side;
    const own = transpose(slice(tokens, { axis: 1, start, end }), [0, 2, 1]);
    const grid = reshape(own, [batch(), width, side, side]);
    return side === most ? grid : resizeSquares(grid, bilinearMatrix(side, most));
  });
}

/**
 * The encoder for `image` (N, C, S, S), scaled. Its outputs: `tokens_in`, `block0` and `tokens` (N, L, D), groups of
 * bands one after another, before the blocks, after the first and after the last; `pooled` and `pooled_max` (N, D)
 * over all of them; `grid_mean`, `grid_sum` (N, D, n, n) and `grid_concat` (N, groups * D, n, n), one grid of those of
 * the groups.
 *
 * @throws {RsembedError} `corrupt` where the checkpoint lacks keys, has keys left over, or has wrong shapes
 */
export function thorGraph(
  shapes: InputShapes,
  checkpoint: Checkpoint | null,
  config: ThorGraphConfig,
): Graph {
  const { width, depth, heads, modality } = config;
  const [bands, sidePx = 0, across] = shapes.image ?? [];
  const groups = bandGroups[modality];
  const sides = sidesOf(sidePx, config);
  const wanted = groups.reduce((sum, group) => sum + group.bands.length, 0);
  if (
    checkpoint === null || bands !== wanted || sidePx !== across ||
    !sides.every((side) => Number.isInteger(side) && side >= 1)
  ) {
    throw new TypeError(
      `Cannot build THOR for images of (${shapes.image}): a checkpoint and (${wanted}, S, S) are wanted, S a whole ` +
        `number of patches`,
    );
  }
  const all = weightsOf(checkpoint);
  const weights = all.under("encoder.");
  const image = input("image", { dtype: "float32", shape: [wanted, sidePx, sidePx] });
  const embedded = groups.map((group, i) =>
    embedGroup(image, { group, side: sides[i]!, weights, config })
  );
  const tokens_in = embedded.length === 1 ? embedded[0]! : concat(embedded, { axis: 1 });
  const block = { width, heads, mask: distanceBias(weights, config, sides) };
  const block0 = timmBlocks(tokens_in, weights, { ...block, depth: 1 });
  const tokens = timmBlocks(block0, weights, { ...block, first: 1, depth });
  all.finish(leftovers);

  const grids = groupGrids(tokens, sides);
  const grid_sum = grids.reduce((a, b) => add(a, b));
  return graph("thor", {
    tokens_in,
    block0,
    tokens,
    pooled: meanToken(tokens),
    pooled_max: reduceMax(tokens, { axes: [1] }),
    grid_sum,
    grid_mean: div(grid_sum, grids.length),
    grid_concat: grids.length === 1 ? grids[0]! : concat(grids, { axis: 1 }),
  });
}
