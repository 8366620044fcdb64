/**
 * Formats: embeddings to files, and back.
 *
 * @module
 */

export {
  type AnyArray,
  type ArrayFile,
  type Cell,
  type CreateOptions,
  type Format,
  type FormatCard,
  type FormatCatalog,
  type StoredColumn,
  type Writer,
  type WrittenFile,
} from "./writer.ts";
