/**
 * Parquet files, written a page at a time.
 *
 * Source: Apache Parquet format 2.10, `parquet.thrift`.
 *
 * @module
 */

import { concatBytes, reusedBytes } from "@rsembed/core";
import { type AtomicFile, createAtomic } from "../atomic.ts";
import type { WriteOptions } from "../writer.ts";
import { openCompression } from "./compress.ts";
import { encodeThrift, type ThriftStruct, type ThriftValue } from "./thrift.ts";

/** Physical types. */
export const physical = {
  int32: 1,
  int64: 2,
  float: 4,
  double: 5,
  bytes: 6,
  fixed: 7,
} as const;

/** Encodings of values. */
export const encodings = { plain: 0, rle: 3, byteStreamSplit: 9 } as const;

/** How often a value stands in a row. */
export type Repetition = "required" | "optional" | "repeated";

/** A node of the schema. */
export interface SchemaNode {
  readonly name: string;
  readonly repetition: Repetition;
  /** The type of a leaf. */
  readonly type?: number;
  /** Bytes of each value, of fixed length. */
  readonly typeLength?: number;
  readonly convertedType?: number;
  readonly logicalType?: ThriftStruct;
  readonly children?: readonly SchemaNode[];
}

/** Values of a leaf, as they stand in a page. */
export interface Page {
  /** Values with the missing ones; of lists, their elements. */
  readonly count: number;
  /** Repetition levels, definition levels and values, one after another. */
  readonly parts: readonly Uint8Array[];
}

/** A leaf of a group of rows. */
export interface ColumnChunk {
  /** Names from the root. */
  readonly path: readonly string[];
  readonly type: number;
  readonly encoding: number;
  /** A page holds until the next is asked for. */
  readonly pages: Iterable<Page> | AsyncIterable<Page>;
  /** What readers skip groups by. */
  readonly statistics?: Statistics;
}

/** The range of some values, and how many are missing. */
export interface Statistics {
  /** Least value; more than `most` where there is none, NaN where one is no number. */
  readonly least: number;
  readonly most: number;
  readonly nulls: number;
  /** Values as the bytes of their type. */
  encode(values: readonly number[]): Uint8Array;
}

function encodeStatistics({ least, most, nulls, encode }: Statistics): ThriftValue | null {
  if (!(least <= most)) return null;
  return {
    struct: { 3: { i64: nulls }, 5: { bytes: encode([most]) }, 6: { bytes: encode([least]) } },
  };
}

/** A Parquet file in the making. Disposing without `commit` leaves nothing behind. */
export interface ParquetFile extends AsyncDisposable {
  /** Adds rows, a leaf after another in the order of the schema. */
  addRows(rows: number, columns: Iterable<ColumnChunk>, signal?: AbortSignal): Promise<void>;
  /** Completes the file. */
  commit(facts: Readonly<Record<string, string>>): Promise<{ readonly sizeBytes: number }>;
}

const repetitions = { required: 0, optional: 1, repeated: 2 } as const;

function schemaElements(node: SchemaNode, isRoot = false): ThriftValue[] {
  const { name, repetition, type, typeLength, convertedType, logicalType, children = [] } = node;
  const number = (value: number | undefined): ThriftValue | null =>
    value === undefined ? null : { i32: value };
  return [
    {
      struct: {
        1: number(type),
        2: number(typeLength),
        3: isRoot ? null : { i32: repetitions[repetition] },
        4: { text: name },
        5: children.length > 0 ? { i32: children.length } : null,
        6: number(convertedType),
        10: logicalType ? { struct: logicalType } : null,
      },
    },
    ...children.flatMap((child) => schemaElements(child)),
  ];
}

function leafCount({ children }: SchemaNode): number {
  return children ? children.reduce((sum, child) => sum + leafCount(child), 0) : 1;
}

const magic = new TextEncoder().encode("PAR1");

/** Starts a Parquet file. */
export async function createParquet(
  path: string,
  schema: SchemaNode,
  options: WriteOptions = {},
): Promise<ParquetFile> {
  const { codec, compress } = openCompression();
  const file: AtomicFile = await createAtomic(path, options);
  const groups: ThriftValue[] = [];
  const room = reusedBytes();
  let rowCount = 0;
  let end = 0;

  const append = async (bytes: Uint8Array) => {
    await file.write(bytes, end);
    end += bytes.length;
  };
  try {
    await append(magic);
  } catch (error) {
    await file[Symbol.asyncDispose]();
    throw error;
  }

  const addColumn = async (
    { path, type, encoding, pages, statistics }: ColumnChunk,
    signal: AbortSignal | undefined,
  ): Promise<{ entry: ThriftValue; stored: number; plain: number }> => {
    const offset = end;
    let [values, plain] = [0, 0];
    for await (const { count, parts } of pages) {
      signal?.throwIfAborted();
      const body = concatBytes(parts, room);
      const compressed = compress(body);
      const header = encodeThrift({
        1: { i32: 0 },
        2: { i32: body.length },
        3: { i32: compressed.length },
        5: {
          struct: {
            1: { i32: count },
            2: { i32: encoding },
            3: { i32: encodings.rle },
            4: { i32: encodings.rle },
          },
        },
      });
      await append(header);
      await append(compressed);
      values += count;
      plain += header.length + body.length;
    }
    const stored = end - offset;
    const entry: ThriftValue = {
      struct: {
        2: { i64: offset },
        3: {
          struct: {
            1: { i32: type },
            2: { list: [{ i32: encoding }, { i32: encodings.rle }] },
            3: { list: path.map((text) => ({ text })) },
            4: { i32: codec },
            5: { i64: values },
            6: { i64: plain },
            7: { i64: stored },
            9: { i64: offset },
            12: statistics ? encodeStatistics(statistics) : null,
          },
        },
      },
    };
    return { entry, stored, plain };
  };

  return {
    async addRows(rows, columns, signal) {
      const entries: ThriftValue[] = [];
      const offset = end;
      let [stored, plain] = [0, 0];
      for (const column of columns) {
        const added = await addColumn(column, signal);
        entries.push(added.entry);
        stored += added.stored;
        plain += added.plain;
      }
      groups.push({
        struct: {
          1: { list: entries },
          2: { i64: plain },
          3: { i64: rows },
          5: { i64: offset },
          6: { i64: stored },
        },
      });
      rowCount += rows;
    },
    async commit(facts) {
      const footer = encodeThrift({
        1: { i32: 2 },
        2: { list: schemaElements(schema, true) },
        3: { i64: rowCount },
        4: { list: groups },
        5: {
          list: Object.entries(facts).map(([key, value]) => ({
            struct: { 1: { text: key }, 2: { text: value } },
          })),
        },
        6: { text: "rsembed" },
        7: {
          list: Array.from({ length: leafCount(schema) }, () => ({
            struct: { 1: { struct: {} } },
          })),
        },
      });
      await append(footer);
      const length = new Uint8Array(4);
      new DataView(length.buffer).setUint32(0, footer.length, true);
      await append(length);
      await append(magic);
      await file.commit();
      return { sizeBytes: end };
    },
    [Symbol.asyncDispose]: async () => await file[Symbol.asyncDispose](),
  };
}
