/**
 * The encoder of version 1.5 as a graph.
 *
 * Source: Clay-foundation/model, `claymodel/model.py`, `backbone.py` and `utils.py`.
 *
 * @module
 */

import { type Checkpoint, type Weights, weightsOf } from "@rsembed/models/checkpoint";
import {
  layerNorm,
  patchEmbedding,
  patchOutputs,
  takeLayerNorm,
  takePreNormBlock,
  transformerBlock,
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
  input,
  pad,
  reshape,
  slice,
} from "@rsembed/models/onnx";
import type { InputShapes } from "../embedder.ts";
import type { ClayConfig, ClayV0Config } from "./config.ts";
import { type GeneratedEmbedding, generateEmbedding } from "./generator.ts";

/** What decides the graph. */
export interface ClayGraphConfig extends ClayConfig {
  /** Central wavelengths of the bands, micrometres. */
  readonly wavelengthsUm: readonly number[];
  /** Ground length of a pixel that the encoder is told, metres. */
  readonly groundM: number;
}

/** Numbers that tell the time, and as many that tell the place. */
const told = 4;

/** Keys that give no embedding: the teacher, the projection to it, and the half that paints. */
const leftovers: readonly RegExp[] = [/^(?!encoder\.)/];

/** The weights, as Lightning saved them. */
export function clayWeights(checkpoint: Checkpoint): Weights {
  return weightsOf(checkpoint, { stripPrefixes: ["model."] });
}

/** The patch embedding for the bands of a model. */
export function clayEmbedding(weights: Weights, config: ClayGraphConfig): GeneratedEmbedding {
  return generateEmbedding(weights.under("encoder.patch_embedding."), config, config.wavelengthsUm);
}

/**
 * Where a patch lies, (L, D), zeros at its end for what the encoder is told. The frequencies are all but the same,
 * the ground length: so it was trained.
 */
function positions(side: number, { width, groundM }: ClayGraphConfig): Float {
  const d = width - 2 * told;
  const quarter = d / 4;
  const data = new Float32Array(side * side * width);
  for (let cell = 0; cell < side * side; cell++) {
    const [row, column] = [Math.floor(cell / side), cell % side];
    for (let k = 0; k < quarter; k++) {
      const frequency = groundM * 10000 ** (-2 * (k / (quarter - 1)) / d);
      const at = cell * width + k;
      data[at] = Math.sin(column * frequency);
      data[at + quarter] = Math.cos(column * frequency);
      data[at + 2 * quarter] = Math.sin(row * frequency);
      data[at + 3 * quarter] = Math.cos(row * frequency);
    }
  }
  return floats([side * side, width], data);
}

/** The blocks of either version, and their last norm. */
export function clayTransformer(
  x: Float,
  weights: Weights,
  { width, depth, heads, headWidth, mlpRatio }: ClayConfig | ClayV0Config,
): Float {
  let y = x;
  for (let i = 0; i < depth; i++) {
    const sizes = { width, heads, headWidth, hidden: mlpRatio * width };
    y = transformerBlock(y, takePreNormBlock(weights.under(`layers.${i}.`), sizes));
  }
  return layerNorm(y, takeLayerNorm(weights.under("norm."), { width }));
}

/**
 * The encoder for `image` (N, C, S, S), normalised, `time` (N, 4) and `latlon` (N, 4). Its outputs: `tokens_in` and
 * `tokens` (N, 1 + h * w, D), a class token and the patches before and after the blocks; `pooled` (N, D), the class
 * token; `grid` (N, D, h, w).
 *
 * @throws {RsembedError} `corrupt` where the checkpoint lacks keys, has keys left over, or has wrong shapes
 */
export function clayGraph(
  shapes: InputShapes,
  checkpoint: Checkpoint | null,
  config: ClayGraphConfig,
): Graph {
  const { imageSizePx, patchSizePx, width, wavelengthsUm } = config;
  const shape = [wavelengthsUm.length, imageSizePx, imageSizePx];
  if (
    checkpoint === null || `${shapes.image}` !== `${shape}` || `${shapes.time}` !== `${told}` ||
    `${shapes.latlon}` !== `${told}`
  ) {
    throw new TypeError(
      `Cannot build Clay for inputs of ${
        JSON.stringify(shapes)
      }: a checkpoint, an image of (${shape}), and time and ` +
        `latlon of (${told}) are wanted`,
    );
  }
  const all = clayWeights(checkpoint);
  const weights = all.under("encoder.");
  const image = input("image", { dtype: "float32", shape });
  const side = imageSizePx / patchSizePx;
  const cells = side * side;
  const facts = concat([
    input("time", { dtype: "float32", shape: [told] }),
    input("latlon", { dtype: "float32", shape: [told] }),
  ], { axis: 1 });
  const known = reshape(pad(facts, { axis: 1, before: width - 2 * told }), [batch(), 1, width]);
  const patches = patchEmbedding(image, clayEmbedding(all, config));
  const tokens_in = withClassToken(add(add(patches, positions(side, config)), known), {
    token: weights.take("cls_token", [1, 1, width]),
    positions: {
      shape: [1 + cells, width],
      load: () => Promise.resolve(new Float32Array((1 + cells) * width)),
    },
  });
  const tokens = clayTransformer(tokens_in, weights.under("transformer."), config);
  all.finish(leftovers);
  return graph("clay", {
    tokens_in,
    tokens,
    pooled: reshape(slice(tokens, { axis: 1, start: 0, end: 1 }), [batch(), width]),
    grid: patchOutputs(tokens, { prefix: 1, height: side, width: side }).grid,
  });
}
