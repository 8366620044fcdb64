/**
 * Embeddings of texts, in the space of a model's images.
 *
 * @module
 */

import {
  lookup,
  type ModelRequest,
  type NdArray,
  ndarray,
  parseModelRequest,
  resolveModel,
  RsembedError,
  type RunOptions,
  unitVector,
} from "@rsembed/core";
import { type EmbedderCatalog, embedders } from "@rsembed/embedders";
import { stackTensors, unstackTensors } from "@rsembed/models/runtime";
import { type Runtime, sharedRuntime } from "./runtime.ts";

/** Options of {@linkcode embedTexts}. */
export interface EmbedTextsOptions extends RunOptions {
  /** Vectors of length 1, so that their products are cosines. @default true */
  readonly normalize?: boolean;
  /** Texts that the model runs at once. @default 32 */
  readonly batchSize?: number;
  /** Model families. @default those of `@rsembed/embedders` */
  readonly embedders?: EmbedderCatalog;
  /** Sessions and weights. @default one shared by the process */
  readonly runtime?: Runtime;
}

/**
 * Embeds texts into the space that a model shares with images, (N, E): hold them against image embeddings of the
 * same model with `cosineSimilarity`. A text too long for the model is cut.
 *
 * @param model Such as `remoteclip`; the image side of it is `remoteclip?pooled=projection`
 * @throws {RsembedError} `unsupported` for a model that knows no texts; `not-found` or `spec` for the model; as the
 * weights or the vocabulary are found
 *
 * @example Texts, no imagery
 * ```ts ignore
 * import { embedTexts } from "@rsembed/pipelines";
 *
 * const { data, shape } = await embedTexts("remoteclip", ["a busy airport", "a lake in a forest"]);
 * console.log(shape); // [2, 512]
 * ```
 */
export async function embedTexts(
  model: string | ModelRequest,
  texts: readonly string[],
  options: EmbedTextsOptions = {},
): Promise<NdArray<readonly ["n", "d"]>> {
  const { normalize = true, batchSize = 32, runtime = sharedRuntime(), ...run } = options;
  if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
    throw new RangeError(`Cannot run ${batchSize} texts at once: batchSize is a whole number >= 1`);
  }
  const request = typeof model === "string" ? parseModelRequest(model) : model;
  const entry = lookup(options.embedders ?? embedders, request.name, "model");
  const family = await entry.load();
  if (!family.text) {
    throw new RsembedError(
      "unsupported",
      `Cannot embed texts with ${request.name}: it knows none`,
      {
        facts: { feature: "text" },
      },
    );
  }
  const embedder = family.text(resolveModel(entry.card, request));
  const { path } = await runtime.locate(embedder.vocabulary, run);
  const tokenize = await embedder.tokenizer(path);
  const vectors: Float32Array[] = [];
  for (let start = 0; start < texts.length; start += batchSize) {
    run.signal?.throwIfAborted();
    const inputs = texts.slice(start, start + batchSize).map(tokenize);
    const shapes = Object.fromEntries(
      Object.entries(inputs[0]!).map(([name, { shape }]) => [name, shape]),
    );
    const outputs = await runtime.use(
      { family, embedder, shapes },
      (session) => session.run(stackTensors(inputs), run.signal ? { signal: run.signal } : {}),
      run,
    );
    for (const one of unstackTensors(outputs, inputs.length)) {
      const vector = embedder.readout(one);
      vectors.push(normalize ? unitVector(vector).data : vector.data);
    }
  }
  const dim = vectors[0]?.length ?? 0;
  const all = ndarray("float32", { axes: ["n", "d"], shape: [vectors.length, dim] });
  vectors.forEach((vector, i) => all.data.set(vector, i * dim));
  return all;
}
