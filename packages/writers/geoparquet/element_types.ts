/**
 * Types of the values of embeddings, in Parquet and in Arrow.
 *
 * @module
 */

import type { Dtype } from "@rsembed/core";
import type { ArrowField } from "./arrow_schema.ts";
import { encodings, physical, type SchemaNode } from "./parquet_file.ts";

/** How a value of an embedding stands in the file. */
export interface ElementType {
  readonly leaf: Omit<SchemaNode, "name" | "repetition">;
  readonly arrow: ArrowField["type"];
  readonly encoding: number;
  /** From the dataset's bytes to the page's. */
  recode(bytes: Uint8Array): Uint8Array;
}

/** Bytes of numbers apart: first the first byte of all, then the second. Similar bytes stand together. */
function splitBytes(bytes: Uint8Array, width: number): Uint8Array {
  const count = bytes.length / width;
  const out = new Uint8Array(bytes.length);
  for (let part = 0; part < width; part++) {
    for (let i = 0; i < count; i++) out[part * count + i] = bytes[i * width + part]!;
  }
  return out;
}

/** By the type of the dataset; others cannot be held. */
export const elementTypes: { readonly [D in Dtype]?: ElementType } = {
  float32: {
    leaf: { type: physical.float },
    arrow: { kind: "float", bits: 32 },
    encoding: encodings.byteStreamSplit,
    recode: (bytes) => splitBytes(bytes, 4),
  },
  float16: {
    leaf: { type: physical.fixed, typeLength: 2, logicalType: { 15: { struct: {} } } },
    arrow: { kind: "float", bits: 16 },
    encoding: encodings.plain,
    recode: (bytes) => bytes,
  },
  int8: {
    leaf: {
      type: physical.int32,
      convertedType: 15,
      logicalType: { 10: { struct: { 1: { i8: 8 }, 2: { bool: true } } } },
    },
    arrow: { kind: "int", bits: 8 },
    encoding: encodings.plain,
    recode(bytes) {
      const wide = new Int32Array(bytes.length);
      for (let i = 0; i < bytes.length; i++) wide[i] = (bytes[i]! << 24) >> 24;
      return new Uint8Array(wide.buffer);
    },
  },
};
