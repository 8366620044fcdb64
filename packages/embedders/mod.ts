/**
 * Model families.
 *
 * @module
 */

export {
  type Embedder,
  type EmbedderCatalog,
  type Family,
  type InputShapes,
  type Tensor,
  type Tensors,
} from "./embedder.ts";
