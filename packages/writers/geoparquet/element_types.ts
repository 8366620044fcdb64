/**
 * Types of the values of embeddings, in Parquet and in Arrow.
 *
 * @module
 */

import { type Dtype, reusedBytes } from "@rsembed/core";
import type { ArrowField } from "./arrow_schema.ts";
import { encodings, physical, type SchemaNode } from "./parquet_file.ts";

/** How a value of an embedding stands in the file. */
export interface ElementType {
  readonly leaf: Omit<SchemaNode, "name" | "repetition">;
  readonly arrow: ArrowField["type"];
  readonly encoding: number;
  /** Gives what turns the dataset's bytes into the page's, which hold until the next are turned. */
  recoder(): (bytes: Uint8Array) => Uint8Array;
}

/** Bytes of numbers apart: first the first byte of all, then the second. Similar bytes stand together. */
function splitBytes(bytes: Uint8Array, { width, out }: { width: number; out: Uint8Array }): void {
  const count = bytes.length / width;
  for (let part = 0; part < width; part++) {
    for (let i = 0; i < count; i++) out[part * count + i] = bytes[i * width + part]!;
  }
}

/** By the type of the dataset; others cannot be held. */
export const elementTypes: { readonly [D in Dtype]?: ElementType } = {
  float32: {
    leaf: { type: physical.float },
    arrow: { kind: "float", bits: 32 },
    encoding: encodings.byteStreamSplit,
    recoder() {
      const room = reusedBytes();
      return (bytes) => {
        const out = room(bytes.length);
        splitBytes(bytes, { width: 4, out });
        return out;
      };
    },
  },
  float16: {
    leaf: { type: physical.fixed, typeLength: 2, logicalType: { 15: { struct: {} } } },
    arrow: { kind: "float", bits: 16 },
    encoding: encodings.plain,
    recoder: () => (bytes) => bytes,
  },
  int8: {
    leaf: {
      type: physical.int32,
      convertedType: 15,
      logicalType: { 10: { struct: { 1: { i8: 8 }, 2: { bool: true } } } },
    },
    arrow: { kind: "int", bits: 8 },
    encoding: encodings.plain,
    recoder() {
      const room = reusedBytes();
      return (bytes) => {
        const out = room(4 * bytes.length);
        const wide = new Int32Array(out.buffer, 0, bytes.length);
        for (let i = 0; i < bytes.length; i++) wide[i] = (bytes[i]! << 24) >> 24;
        return out;
      };
    },
  },
};
