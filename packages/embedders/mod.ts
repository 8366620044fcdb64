/**
 * Model families: what imagery each wants, how it is prepared, which graph runs, how its outputs are read.
 *
 * @example Cards tell about a model without loading it
 * ```ts
 * import { embedders } from "@rsembed/embedders";
 * import assert from "node:assert/strict";
 *
 * const { card } = embedders.remoteclip!;
 * assert.deepEqual(card.modalities.s2_rgb?.bands, ["B4", "B3", "B2"]);
 * assert.equal(card.licence.weights, "Apache-2.0");
 * ```
 *
 * @module
 */

export { embedders } from "./catalog.ts";
export {
  type Embedder,
  type EmbedderCatalog,
  type Family,
  type GraphSource,
  type InputShapes,
  type Tensor,
  type Tensors,
  type TextEmbedder,
  type Tokenize,
} from "./embedder.ts";
