/**
 * The encoder, for Sentinel-2, as a graph.
 *
 * Source: Astruc et al. 2024, arXiv 2412.14123; `Any_multi.py` and `Transformer.py` of gastruc/AnySat.
 *
 * @module
 */

import {
  type Checkpoint,
  type LazyTensor,
  type Weights,
  weightsOf,
} from "@rsembed/models/checkpoint";
import {
  attendHeads,
  attention,
  gelu,
  layerNorm,
  linear,
  mlp,
  sinCos2d,
  takeLayerNorm,
  takeLinear,
  takeTimmBlock,
  timmBlocks,
  withClassToken,
} from "@rsembed/models/layers";
import {
  add,
  batch,
  concat,
  type Float,
  floats,
  type Graph,
  graph,
  parameter,
  reduceMean,
  reshape,
  slice,
  transpose,
} from "@rsembed/models/onnx";
import type { InputShapes } from "../embedder.ts";
import type { AnysatConfig } from "./config.ts";
import { bandCount, pixelTokens } from "./ltae.ts";
import { bucketCount, fixedBias, pairIndex, relativeBias } from "./relative_bias.ts";

/** What decides the graph. */
export interface AnysatGraphConfig extends AnysatConfig {
  /** Side of a patch, px. */
  readonly patchSizePx: number;
}

/** Pixels of Sentinel-2, which positions in a patch count in, m. */
export const pixelM = 10;
/** Added to variances by the norms of the encoder of patches: torch's own. */
const spatialEpsilon = 1e-5;
/** Added to variances by the other norms of blocks. */
const epsilon = 1e-6;

/** Keys that nothing here needs. */
const leftovers: readonly RegExp[] = [
  // other sensors
  /^projector_(?!s2\.)/,
  // stands for missing dates where series of several lengths are stacked
  /^projector_s2\.pad_parameter$/,
];

/** Encodings of a class token, zeros, and the cells of a square grid, (1 + side * side, D). */
function positions(side: number, { step, width }: { step: number; width: number }): LazyTensor {
  return {
    shape: [1 + side * side, width],
    load() {
      const out = new Float32Array((1 + side * side) * width);
      out.set(sinCos2d({ height: side, width: side, size: width, step }), width);
      return Promise.resolve(out);
    },
  };
}

/**
 * Tokens of the pixels of a patch, among themselves, a class token before them: of `tokens` (N, S * S, D) to
 * (N * P, 1 + p * p, D), patches and pixels in rows from the top.
 */
function encodePatches(
  tokens: Float,
  { weights, config, side }: { weights: Weights; config: AnysatGraphConfig; side: number },
): Float {
  const { width, spatialDepth, spatialHeads: heads, mlpRatio, patchSizePx: p } = config;
  const cut = reshape(tokens, [batch(), side, p, side, p, width]);
  const pixels = reshape(transpose(cut, [0, 1, 3, 2, 4, 5]), [batch(side * side), p * p, width]);
  let x = withClassToken(pixels, {
    token: weights.take("cls_token", [1, 1, width]),
    positions: positions(p, { step: pixelM, width }),
  });
  const index = pairIndex(p);
  for (let i = 0; i < spatialDepth; i++) {
    const stored = weights.under(`predictor_blocks.${i}.`);
    const hidden = width * mlpRatio;
    const block = takeTimmBlock(stored, { width, heads, hidden, epsilon: spatialEpsilon });
    const table = stored.take("attn.rpe_k.lookup_table_weight", [1, width / heads, bucketCount]);
    const y = layerNorm(x, block.norm1);
    const mask = relativeBias(y, {
      query: block.attention.weights.query,
      table,
      scale: (width / heads) ** -0.5,
      index,
    });
    const z = add(x, attention(y, { ...block.attention, mask }));
    x = add(z, mlp(layerNorm(z, block.norm2), { ...block.mlp, activation: block.activation }));
  }
  const norm = takeLayerNorm(weights.under("predictor_norm."), { width, epsilon: spatialEpsilon });
  return layerNorm(x, norm);
}

/** Learned queries, one for every token: the same for all images, (L, D). */
function learnedQueries(query: LazyTensor, places: LazyTensor): LazyTensor {
  return {
    shape: places.shape,
    async load(options) {
      const [values, table] = [await query.load(options), await places.load(options)];
      return table.map((position, i) => position + values[i % values.length]!);
    },
  };
}

/** Queries (L, D) with the heads apart and scaled, (heads, L, W). */
function byHead(queries: LazyTensor, heads: number): LazyTensor {
  const [length = 0, width = 0] = queries.shape;
  const size = width / heads;
  return {
    shape: [heads, length, size],
    async load(options) {
      const data = await queries.load(options);
      const out = new Float32Array(data.length);
      for (let i = 0; i < data.length; i++) {
        const [token, channel] = [Math.floor(i / width), i % width];
        const at = (Math.floor(channel / size) * length + token) * size + channel % size;
        out[at] = data[i]! * size ** -0.5;
      }
      return out;
    },
  };
}

/**
 * The last block: learned queries ask, and what they find stands alone, (N, L, D) to (N, L, D). Nothing of the
 * tokens is carried around its attention.
 */
function askTokens(
  x: Float,
  { weights, config, side }: { weights: Weights; config: AnysatGraphConfig; side: number },
): Float {
  const { width, heads, mlpRatio, patchSizePx: step } = config;
  const size = width / heads;
  const length = 1 + side * side;
  const stored = weights.under("attn.");
  const square = (name: string) =>
    takeLinear(stored.under(name), { inputs: width, outputs: width });
  const queries = learnedQueries(
    stored.take("q_learned", [1, 1, width]),
    positions(side, { step, width }),
  );
  const table = stored.take("rpe_k.lookup_table_weight", [1, size, bucketCount]);
  const y = layerNorm(x, takeLayerNorm(weights.under("norm1."), { width, epsilon }));
  const project = (name: string, order: readonly number[]) =>
    transpose(reshape(linear(y, square(name)), [batch(), length, heads, size]), order);
  const found = attendHeads({
    query: parameter(byHead(queries, heads)),
    key: project("wk.", [0, 2, 3, 1]),
    value: project("wv.", [0, 2, 1, 3]),
    mask: parameter(fixedBias(queries, { table, side })),
  });
  const mixed = reshape(transpose(found, [0, 2, 1, 3]), [batch(), length, width]);
  const z = linear(mixed, square("proj."));
  const hidden = width * mlpRatio;
  const norm2 = takeLayerNorm(weights.under("norm2."), { width, epsilon });
  const inner = {
    hidden: takeLinear(weights.under("mlp.fc1."), { inputs: width, outputs: hidden }),
    out: takeLinear(weights.under("mlp.fc2."), { inputs: hidden, outputs: width }),
    activation: gelu,
  };
  return add(z, mlp(layerNorm(z, norm2), inner));
}

/** A cell of a grid (N, D, g, g) for each of its pixels, (N, D, g * p, g * p). */
function spread(
  grid: Float,
  { side, p, width }: { side: number; p: number; width: number },
): Float {
  if (p === 1) return grid;
  const copies = floats([p, 1, p], new Float32Array(p * p));
  const cells = add(reshape(grid, [batch(), width, side, 1, side, 1]), copies);
  return reshape(cells, [batch(), width, side * p, side * p]);
}

/**
 * The encoder for `s2` (N, T, 10, S, S), normalised, and `dates` (N, T), days of the year from 0. Its outputs:
 * `ltae` (N, D, S, S), a token for each pixel; `tokens_in` and `tokens` (N, 1 + g * g, D), a class token and the
 * patches before and after the blocks; `tile` (N, D), the class token; `patch` (N, D, g, g); `pooled` (N, D),
 * the mean of the patches; `dense` (N, 2 D, S, S), for each pixel its patch and itself.
 *
 * @throws {RsembedError} `corrupt` where the checkpoint lacks keys, has keys left over, or has wrong shapes
 */
export function anysatGraph(
  shapes: InputShapes,
  checkpoint: Checkpoint | null,
  config: AnysatGraphConfig,
): Graph {
  const { width, depth, heads, mlpRatio, patchSizePx: p } = config;
  const [frames = 0, bands, sizePx = 0, across] = shapes.s2 ?? [];
  const side = sizePx / p;
  if (
    checkpoint === null || bands !== bandCount || sizePx !== across || !Number.isInteger(side) ||
    `${shapes.dates}` !== `${frames}`
  ) {
    throw new TypeError(
      `Cannot build AnySat for inputs of ${JSON.stringify(shapes)}: a checkpoint, s2 of ` +
        `(T, ${bandCount}, S, S) with S a multiple of ${p}, and dates of (T) are wanted`,
    );
  }
  const weights = weightsOf(checkpoint);
  const pixels = pixelTokens({
    weights: weights.under("projector_s2.patch_embed."),
    config: config.projector,
    width,
    frames,
    sizePx,
  });
  const parts = { config, side };
  const patches = encodePatches(pixels, { ...parts, weights: weights.under("spatial_encoder.") });
  const own = slice(patches, { axis: 1, start: 0, end: 1 });
  const tokens_in = withClassToken(reshape(own, [batch(), side * side, width]), {
    token: weights.take("cls_token", [1, 1, width]),
    positions: positions(side, { step: p, width }),
  });
  const hidden = width * mlpRatio;
  const seen = timmBlocks(tokens_in, weights, { depth, width, heads, hidden, epsilon });
  const tokens = askTokens(seen, { ...parts, weights: weights.under(`blocks.${depth}.`) });
  weights.finish(leftovers);

  const cells = slice(tokens, { axis: 1, start: 1, end: 1 + side * side });
  const patch = reshape(transpose(cells, [0, 2, 1]), [batch(), width, side, side]);
  const inside = slice(patches, { axis: 1, start: 1, end: 1 + p * p });
  const subpatches = reshape(
    transpose(reshape(inside, [batch(), side, side, p, p, width]), [0, 5, 1, 3, 2, 4]),
    [batch(), width, sizePx, sizePx],
  );
  return graph("anysat", {
    ltae: reshape(transpose(pixels, [0, 2, 1]), [batch(), width, sizePx, sizePx]),
    tokens_in,
    tokens,
    tile: reshape(slice(tokens, { axis: 1, start: 0, end: 1 }), [batch(), width]),
    patch,
    // over the last axes the runtime sums in one order, whatever the batch size
    pooled: reduceMean(patch, { axes: [2, 3] }),
    dense: concat([spread(patch, { side, p, width }), subpatches], { axis: 1 }),
  });
}
