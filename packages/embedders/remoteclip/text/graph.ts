/**
 * The text tower as a graph.
 *
 * Source: open_clip, `src/open_clip/model.py` and `transformer.py`; Radford et al. 2021, arXiv 2103.00020.
 *
 * @module
 */

import { type Checkpoint, weightsOf } from "@rsembed/models/checkpoint";
import { layerNorm, takeLayerNorm, transformerBlock } from "@rsembed/models/layers";
import {
  add,
  batch,
  floats,
  gather,
  gemm,
  type Graph,
  graph,
  input,
  matMul,
  parameter,
  reshape,
} from "@rsembed/models/onnx";
import type { InputShapes } from "../../embedder.ts";
import { type RemoteclipGraphConfig, takeClipBlock } from "../graph.ts";

/** Keys of the image tower, which embeds no texts. */
const imageTower: readonly RegExp[] = [/^visual\./, /^logit_scale$/];

/** Tokens see themselves and those before them. */
function causalMask(length: number): number[] {
  return Array.from(
    { length: length * length },
    (_, i) => i % length > Math.floor(i / length) ? -Infinity : 0,
  );
}

/**
 * The text tower for `ids` (N, L), int64, and `last` (N, L), 1 at the end of the text and 0 elsewhere. Its output:
 * `text` (N, E), in the space shared with images, not normalised.
 *
 * @throws {RsembedError} `corrupt` where the checkpoint lacks keys, has keys left over, or has wrong shapes
 */
export function remoteclipTextGraph(
  shapes: InputShapes,
  checkpoint: Checkpoint | null,
  config: RemoteclipGraphConfig,
): Graph {
  const { embedDim, activation, text } = config;
  const { width, layers, heads, contextLength, vocabularySize } = text;
  const length = `${[contextLength]}`;
  if (checkpoint === null || `${shapes.ids}` !== length || `${shapes.last}` !== length) {
    throw new TypeError(
      `Cannot build RemoteCLIP's text tower for ${
        JSON.stringify(shapes)
      }: a checkpoint, and ids and last ` +
        `of (${contextLength}) are wanted`,
    );
  }
  const weights = weightsOf(checkpoint, { stripPrefixes: ["module.", "model."] });
  const ids = input("ids", { dtype: "int64", shape: [contextLength] });
  const last = input("last", { dtype: "float32", shape: [contextLength] });
  const table = parameter(weights.take("token_embedding.weight", [vocabularySize, width]));
  const positions = parameter(weights.take("positional_embedding", [contextLength, width]));
  const mask = floats([1, 1, contextLength, contextLength], causalMask(contextLength));
  let x = add(gather(table, ids), positions);
  for (let i = 0; i < layers; i++) {
    const own = takeClipBlock(weights.under(`transformer.resblocks.${i}.`), {
      width,
      heads,
      activation,
    });
    x = transformerBlock(x, { ...own, attention: { ...own.attention, mask } });
  }
  const normed = layerNorm(x, takeLayerNorm(weights.under("ln_final."), { width }));
  const end = matMul(reshape(last, [batch(), 1, contextLength]), normed);
  const projected = gemm(reshape(end, [batch(), width]), {
    weight: parameter(weights.take("text_projection", [width, embedDim])),
  });
  weights.finish(imageTower);
  return graph("remoteclip-text", { text: projected });
}
