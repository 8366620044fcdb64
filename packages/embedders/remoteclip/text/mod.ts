/**
 * RemoteCLIP's encoder of texts.
 *
 * @module
 */

import { ndarray, type ResolvedModel, type WebWeights } from "@rsembed/core";
import { vectorOf } from "../../_readout/pool.ts";
import type { Tensors, TextEmbedder } from "../../embedder.ts";
import { card } from "../card.ts";
import type { RemoteclipConfig } from "../config.ts";
import type { RemoteclipGraphConfig } from "../graph.ts";
import { remoteclipTextGraph } from "./graph.ts";
import { readVocabulary, tokenizerOf } from "./tokenizer.ts";

/** The merges of all CLIP models. */
const vocabulary: WebWeights = {
  hub: "web",
  url: "https://github.com/openai/CLIP/raw/main/clip/bpe_simple_vocab_16e6.txt.gz",
  repo: "openai/CLIP",
  file: "bpe_simple_vocab_16e6.txt.gz",
  sizeBytes: 1_356_917,
  sha256: "924691ac288e54409236115652ad4aa250f48203de50a9e4722a6ecd48d6804a",
};

/** The inputs of the text tower for tokens, filled up with zeros. */
export function textInputs(ids: readonly number[], contextLength: number): Tensors {
  const tokens = ndarray("int64", { axes: ["token"], shape: [contextLength] });
  const last = ndarray("float32", { axes: ["token"], shape: [contextLength] });
  ids.forEach((id, at) => tokens.data[at] = BigInt(id));
  last.data[ids.length - 1] = 1;
  return { ids: tokens, last };
}

/** An encoder of texts on towers of any size, published or not. */
export function remoteclipText(model: ResolvedModel, config: RemoteclipConfig): TextEmbedder {
  const activation = model.options.activation as RemoteclipGraphConfig["activation"];
  const { embedDim, text } = config;
  const { contextLength } = text;
  return {
    card,
    model,
    graphConfig: { tower: "text", activation, embedDim, ...text },
    graph: (shapes, checkpoint) =>
      remoteclipTextGraph(shapes, checkpoint, { ...config, activation }),
    vocabulary,
    async tokenizer(path) {
      const tokenize = tokenizerOf(await readVocabulary(path), contextLength);
      return (text) => textInputs(tokenize(text).ids, contextLength);
    },
    readout: (outputs) => vectorOf(outputs, "text"),
  };
}
