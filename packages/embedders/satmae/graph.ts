/**
 * The encoder as a graph.
 *
 * Source: Cong et al. 2022, arXiv 2207.08051; rshf, `rshf/satmae/model.py`.
 *
 * @module
 */

import { type Checkpoint, weightsOf } from "@rsembed/models/checkpoint";
import { patchOutputs } from "@rsembed/models/layers";
import { type Graph, graph, input } from "@rsembed/models/onnx";
import { maeEncoder } from "../_graph/mae_encoder.ts";
import type { InputShapes } from "../embedder.ts";
import type { SatmaeConfig } from "./config.ts";

/** Added to variances by all norms: torch's own, not the usual one of vision transformers. */
const epsilon = 1e-5;

/** The half that paints masked patches gives no embedding. */
const decoder: readonly RegExp[] = [/^decoder_/, /^mask_token$/];

/**
 * The encoder for `image` (N, 3, S, S). Its outputs: `tokens_in` and `tokens` (N, 1 + h * w, D), a class token
 * and the patches before and after the blocks; `pooled` (N, D), the mean of the patches; `grid` (N, D, h, w).
 *
 * @throws {RsembedError} `corrupt` where the checkpoint lacks keys, has keys left over, or has wrong shapes
 */
export function satmaeGraph(
  shapes: InputShapes,
  checkpoint: Checkpoint | null,
  config: SatmaeConfig,
): Graph {
  const { imageSizePx, patchSizePx } = config;
  const shape = [3, imageSizePx, imageSizePx];
  if (checkpoint === null || `${shapes.image}` !== `${shape}`) {
    throw new TypeError(
      `Cannot build SatMAE for images of (${shapes.image}): a checkpoint and (${shape}) are wanted`,
    );
  }
  const weights = weightsOf(checkpoint, { stripPrefixes: ["module."] });
  const image = input("image", { dtype: "float32", shape });
  const { tokens_in, tokens } = maeEncoder(image, { weights, config, epsilon });
  weights.finish(decoder);
  const side = imageSizePx / patchSizePx;
  return graph("satmae", {
    tokens_in,
    tokens,
    ...patchOutputs(tokens, { prefix: 1, height: side, width: side }),
  });
}
