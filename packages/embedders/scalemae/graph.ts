/**
 * The encoder as a graph.
 *
 * Source: Reed et al. 2023, arXiv 2212.14532; rshf, `rshf/scalemae/model.py`.
 *
 * @module
 */

import { type Checkpoint, weightsOf } from "@rsembed/models/checkpoint";
import { patchEmbedding, patchOutputs, timmBlocks, withClassToken } from "@rsembed/models/layers";
import {
  add,
  batch,
  concat,
  cos,
  type Float,
  floats,
  type Graph,
  graph,
  input,
  mul,
  pad,
  reshape,
  sin,
} from "@rsembed/models/onnx";
import type { InputShapes } from "../embedder.ts";
import type { ScalemaeConfig } from "./config.ts";

/** The last norm of the file is not part of the encoder. */
const leftovers: readonly RegExp[] = [/^norm\.(weight|bias)$/];

/**
 * Sines and cosines of places in metres, columns before rows, (N, side * side, D).
 *
 * Source: `get_2d_sincos_pos_embed_with_resolution` of Scale-MAE.
 *
 * @param metres Ground length of a pixel, (N, 1)
 */
function groundPositions(metres: Float, { side, width }: { side: number; width: number }): Float {
  const quarter = width / 4;
  const frequencies = floats(
    [quarter],
    Array.from({ length: quarter }, (_, i) => 10000 ** (-i / quarter)),
  );
  const waves = (index: (cell: number) => number): Float[] => {
    const places = Array.from({ length: side * side }, (_, cell) => index(cell));
    const metre = reshape(metres, [batch(), 1, 1]);
    const angles = mul(mul(floats([side * side, 1], places), metre), frequencies);
    return [sin(angles), cos(angles)];
  };
  return concat([...waves((cell) => cell % side), ...waves((cell) => Math.floor(cell / side))], {
    axis: 2,
  });
}

/**
 * The encoder for `image` (N, 3, S, S) and `input_res` (N, 1), the ground length of one of its pixels in
 * metres. Its outputs: `tokens_in` and `tokens` (N, 1 + h * w, D), a class token and the patches before and
 * after the blocks; `pooled` (N, D), the mean of the patches; `grid` (N, D, h, w).
 *
 * @throws {RsembedError} `corrupt` where the checkpoint lacks keys, has keys left over, or has wrong shapes
 */
export function scalemaeGraph(
  shapes: InputShapes,
  checkpoint: Checkpoint | null,
  config: ScalemaeConfig,
): Graph {
  const { patchSizePx, width, depth, heads } = config;
  const [, height = 0] = shapes.image ?? [];
  const side = height / patchSizePx;
  if (
    checkpoint === null || `${shapes.image}` !== `${[3, height, height]}` ||
    `${shapes.input_res}` !== "1" || !Number.isInteger(side)
  ) {
    throw new TypeError(
      `Cannot build Scale-MAE for inputs of ${JSON.stringify(shapes)}: a checkpoint, an image of ` +
        `(3, S, S) with S a multiple of ${patchSizePx} and input_res of (1) are wanted`,
    );
  }
  const weights = weightsOf(checkpoint, { stripPrefixes: ["module.", "model."] });
  const image = input("image", { dtype: "float32", shape: [3, height, height] });
  const metres = input("input_res", { dtype: "float32", shape: [1] });
  const projection = weights.under("patch_embed.proj.");
  const patches = patchEmbedding(image, {
    kernel: projection.take("weight", [width, 3, patchSizePx, patchSizePx]),
    bias: projection.take("bias", [width]),
  });
  const positions = groundPositions(metres, { side, width });
  const cells = side * side;
  const tokens_in = add(
    withClassToken(patches, {
      token: weights.take("cls_token", [1, 1, width]),
      positions: {
        shape: [1 + cells, width],
        load: () => Promise.resolve(new Float32Array((1 + cells) * width)),
      },
    }),
    pad(positions, { axis: 1, before: 1 }),
  );
  const tokens = timmBlocks(tokens_in, weights, { depth, width, heads });
  weights.finish(leftovers);
  return graph("scalemae", {
    tokens_in,
    tokens,
    ...patchOutputs(tokens, { prefix: 1, height: side, width: side }),
  });
}
