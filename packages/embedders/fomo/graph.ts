/**
 * The encoder as a graph.
 *
 * Source: Bountos et al. 2025, arXiv 2312.10114; RolnickLab/FoMo-Bench, `model_zoo/multimodal_mae.py`.
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
  layerNorm,
  linear,
  meanOf,
  patchOutputs,
  takeLayerNorm,
  takeLinear,
  takePreNormBlock,
  transformerBlock,
  unfoldPatches,
} from "@rsembed/models/layers";
import {
  add,
  batch,
  type Graph,
  graph,
  input,
  parameter,
  reduceMax,
  reshape,
  slice,
  transpose,
} from "@rsembed/models/onnx";
import type { InputShapes } from "../embedder.ts";
import type { FomoConfig } from "./config.ts";

/** What decides the graph. */
export interface FomoGraphConfig extends FomoConfig {
  /** Row of the table of spectral vectors for each band. */
  readonly spectralKeys: readonly number[];
}

/** Keys that give no embedding: the class token is not fed, the head and the decoder have other tasks. */
const leftovers: readonly RegExp[] = [/^cls_token$/, /^mlp_head\./, /^decoder_/];

/** What tells band and place, (C, h * w, D): the spectral vector of the band and the position of the patch. */
function tokenPositions(
  weights: Weights,
  { width, spectralRows, spectralKeys, cells }: FomoGraphConfig & { readonly cells: number },
): LazyTensor {
  const spectral = weights.take("spectral_embedding", [1, spectralRows + 1, width]);
  const places = weights.take("pos_embedding", [1, 1 + cells, width]);
  return {
    shape: [spectralKeys.length, cells, width],
    async load(options) {
      const [bands, cell] = [await spectral.load(options), await places.load(options)];
      const out = new Float32Array(spectralKeys.length * cells * width);
      spectralKeys.forEach((key, band) => {
        for (let i = 0; i < cells * width; i++) {
          // the first position is that of the class token
          out[band * cells * width + i] = bands[key * width + i % width]! + cell[width + i]!;
        }
      });
      return out;
    },
  };
}

/**
 * The encoder for `image` (N, C, S, S), scaled. Its outputs: `tokens_in`, `layer0` and `tokens` (N, C * h * w, D),
 * one band after another, before the layers, after the first, and after the last norm; `pooled` (N, D), the mean of
 * all; `grid` (N, D, h, w) and `grid_max`, their mean and maximum over the bands.
 *
 * @throws {RsembedError} `corrupt` where the checkpoint lacks keys, has keys left over, or has wrong shapes
 */
export function fomoGraph(
  shapes: InputShapes,
  checkpoint: Checkpoint | null,
  config: FomoGraphConfig,
): Graph {
  const { imageSizePx, patchSizePx: p, width, depth, spectralKeys } = config;
  const bands = spectralKeys.length;
  const shape = [bands, imageSizePx, imageSizePx];
  if (checkpoint === null || `${shapes.image}` !== `${shape}`) {
    throw new TypeError(
      `Cannot build FoMo-Net for images of (${shapes.image}): a checkpoint and (${shape}) are wanted`,
    );
  }
  const weights = weightsOf(checkpoint, { stripPrefixes: ["module.", "model."] });
  const image = input("image", { dtype: "float32", shape });
  const side = imageSizePx / p;
  const cells = side * side;
  // every band is an image of its own
  const patches = unfoldPatches(
    reshape(image, [batch(bands), 1, imageSizePx, imageSizePx]),
    p,
  );
  const embed = weights.under("to_patch_embedding.");
  const normed = layerNorm(patches, takeLayerNorm(embed.under("1."), { width: p * p }));
  const wide = linear(normed, takeLinear(embed.under("2."), { inputs: p * p, outputs: width }));
  const embedded = layerNorm(wide, takeLayerNorm(embed.under("3."), { width }));
  const placed = add(
    reshape(embedded, [batch(), bands, cells, width]),
    parameter(tokenPositions(weights, { ...config, cells })),
  );
  const tokens_in = reshape(placed, [batch(), bands * cells, width]);
  let [x, layer0] = [tokens_in, tokens_in];
  for (let i = 0; i < depth; i++) {
    x = transformerBlock(x, takePreNormBlock(weights.under(`transformer.layers.${i}.`), config));
    if (i === 0) layer0 = x;
  }
  const tokens = layerNorm(x, takeLayerNorm(weights.under("transformer.norm."), { width }));
  weights.finish(leftovers);

  const square = { height: side, width: side };
  const bandTokens = Array.from(
    { length: bands },
    (_, i) => slice(tokens, { axis: 1, start: i * cells, end: (i + 1) * cells }),
  );
  const byCell = transpose(reshape(tokens, [batch(), bands, cells, width]), [0, 3, 2, 1]);
  const most = reduceMax(byCell, { axes: [3] });
  return graph("fomo", {
    tokens_in,
    layer0,
    tokens,
    // cells have equally many tokens, so the mean of their means is that of all tokens
    ...patchOutputs(meanOf(bandTokens), square),
    grid_max: reshape(most, [batch(), width, side, side]),
  });
}
