/**
 * Tables: columns of rows that are known, as leaves of a Parquet file.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { ArrowField, ArrowType } from "./arrow_schema.ts";
import { encodeLevels, type LevelRun, listStarts, presence } from "./levels.ts";
import {
  type ColumnChunk,
  encodings,
  type Page,
  physical,
  type SchemaNode,
  type Statistics,
} from "./parquet_file.ts";

/** A column of a table, with the value of each row; `null` where there is none. */
export type TableColumn =
  | { readonly name: string; readonly kind: "text"; readonly values: readonly (string | null)[] }
  | {
    readonly name: string;
    readonly kind: "bytes";
    readonly values: readonly (Uint8Array | null)[];
  }
  | {
    readonly name: string;
    readonly kind: "texts";
    readonly values: readonly (readonly string[])[];
  }
  | {
    readonly name: string;
    readonly kind: "timestamp" | "date" | "float" | "int";
    /** Of timestamps milliseconds since 1970, of dates days. */
    readonly values: readonly (number | null)[];
  }
  | {
    readonly name: string;
    readonly kind: "box";
    readonly values:
      readonly (readonly [west: number, south: number, east: number, north: number] | null)[];
  };

const utf8 = { convertedType: 0, logicalType: { 1: { struct: {} } } };
const boxNames = ["xmin", "ymin", "xmax", "ymax"] as const;

/** A list of Parquet with elements that are always there. */
export function listNode(
  name: string,
  element: Omit<SchemaNode, "name" | "repetition">,
): SchemaNode {
  return {
    name,
    repetition: "required",
    convertedType: 3,
    logicalType: { 3: { struct: {} } },
    children: [{
      name: "list",
      repetition: "repeated",
      children: [{ ...element, name: "element", repetition: "required" }],
    }],
  };
}

/** The node of a column in the schema. */
export function schemaNode({ name, kind }: Pick<TableColumn, "name" | "kind">): SchemaNode {
  const leaf = (type: number, more: Partial<SchemaNode> = {}): SchemaNode => ({
    name,
    repetition: "optional",
    type,
    ...more,
  });
  switch (kind) {
    case "text":
      return leaf(physical.bytes, utf8);
    case "bytes":
      return leaf(physical.bytes);
    case "texts":
      return listNode(name, { type: physical.bytes, ...utf8 });
    case "timestamp":
      return leaf(physical.int64, {
        convertedType: 10,
        logicalType: {
          8: { struct: { 1: { bool: true }, 2: { struct: { 2: { struct: {} } } } } },
        },
      });
    case "date":
      return leaf(physical.int32, { convertedType: 6, logicalType: { 6: { struct: {} } } });
    case "float":
      return leaf(physical.float);
    case "int":
      return leaf(physical.int32);
    case "box":
      return {
        name,
        repetition: "optional",
        children: boxNames.map((side) => ({
          name: side,
          repetition: "required" as const,
          type: physical.double,
        })),
      };
  }
}

/** The column for readers of Arrow. */
export function arrowField({ name, kind }: Pick<TableColumn, "name" | "kind">): ArrowField {
  const field = (type: ArrowType, nullable = true): ArrowField => ({ name, nullable, type });
  switch (kind) {
    case "text":
      return field({ kind: "utf8" });
    case "bytes":
      return field({ kind: "binary" });
    case "texts":
      return field({
        kind: "list",
        item: { name: "element", nullable: false, type: { kind: "utf8" } },
      }, false);
    case "timestamp":
      return field({ kind: "timestamp" });
    case "date":
      return field({ kind: "date" });
    case "float":
      return field({ kind: "float", bits: 32 });
    case "int":
      return field({ kind: "int", bits: 32 });
    case "box":
      return field({
        kind: "struct",
        fields: boxNames.map((side) => ({
          name: side,
          nullable: false,
          type: { kind: "float", bits: 64 },
        })),
      });
  }
}

/** Texts as UTF-8, each behind its length. */
function prefixedTexts(values: readonly string[]): Uint8Array {
  const all = Buffer.alloc(
    values.reduce((sum, value) => sum + 4 + Buffer.byteLength(value), 0),
  );
  let at = 0;
  for (const value of values) {
    const length = all.write(value, at + 4);
    all.writeUInt32LE(length, at);
    at += 4 + length;
  }
  return all;
}

/** Byte arrays, each behind its length. */
function prefixed(values: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(values.reduce((sum, value) => sum + 4 + value.length, 0));
  const view = new DataView(all.buffer);
  let at = 0;
  for (const value of values) {
    view.setUint32(at, value.length, true);
    all.set(value, at + 4);
    at += 4 + value.length;
  }
  return all;
}

/** Numbers of one type. */
function numbers(
  values: readonly number[],
  write: (view: DataView, at: number, x: number) => void,
  size: number,
): Uint8Array {
  const all = new Uint8Array(values.length * size);
  const view = new DataView(all.buffer);
  values.forEach((x, i) => write(view, i * size, x));
  return all;
}

const int32s = (values: readonly number[]) =>
  numbers(values, (view, at, x) => view.setInt32(at, x, true), 4);
const floats = (values: readonly number[]) =>
  numbers(values, (view, at, x) => view.setFloat32(at, x, true), 4);
const doubles = (values: readonly number[]) =>
  numbers(values, (view, at, x) => view.setFloat64(at, x, true), 8);
const microseconds = (values: readonly number[]) =>
  numbers(values, (view, at, x) => view.setBigInt64(at, BigInt(Math.round(x * 1000)), true), 8);

function present<T>(values: readonly (T | null)[]): T[] {
  return values.filter((value): value is T & NonNullable<T> => value !== null);
}

function pageOf(count: number, levels: readonly Iterable<LevelRun>[], values: Uint8Array): Page {
  return { count, parts: [...levels.map((runs) => encodeLevels(runs)), values] };
}

function statisticsOf(
  values: readonly (number | null)[],
  encode: Statistics["encode"],
): { readonly statistics: Statistics } {
  let [least, most, nulls] = [Infinity, -Infinity, 0];
  for (const value of values) {
    if (value === null) nulls++;
    else [least, most] = [Math.min(least, value), Math.max(most, value)];
  }
  return { statistics: { least, most, nulls, encode } };
}

/** A leaf of a {@linkcode TableColumn}. */
export interface TableChunk extends ColumnChunk {
  readonly pages: readonly Page[];
}

/** A leaf of some rows, and the same of the rows after them. */
export function joinChunks(a: TableChunk, b: TableChunk): TableChunk {
  const [first, second] = [a.statistics, b.statistics];
  return {
    ...a,
    pages: [...a.pages, ...b.pages],
    ...(first && second
      ? {
        statistics: {
          ...first,
          least: Math.min(first.least, second.least),
          most: Math.max(first.most, second.most),
          nulls: first.nulls + second.nulls,
        },
      }
      : {}),
  };
}

/** The leaves of a column. */
export function columnChunks(column: TableColumn): TableChunk[] {
  const { name, kind, values } = column;
  const encoding = encodings.plain;
  const optional = <T>(
    given: readonly (T | null)[],
    type: number,
    encode: (values: readonly T[]) => Uint8Array,
  ): TableChunk => ({
    path: [name],
    type,
    encoding,
    pages: [
      pageOf(
        given.length,
        [presence(given.map((value) => value !== null))],
        encode(present(given)),
      ),
    ],
  });
  switch (kind) {
    case "text":
      return [optional(values, physical.bytes, prefixedTexts)];
    case "bytes":
      return [optional(values, physical.bytes, prefixed)];
    case "texts": {
      const lengths = values.map((texts) => Math.max(1, texts.length));
      const flat = values.flat();
      const page = pageOf(
        lengths.reduce((sum, length) => sum + length, 0),
        [
          listStarts(lengths),
          presence(values.flatMap((texts) => texts.length === 0 ? [false] : texts.map(() => true))),
        ],
        prefixedTexts(flat),
      );
      return [{ path: [name, "list", "element"], type: physical.bytes, encoding, pages: [page] }];
    }
    case "box":
      return boxNames.map((side, i) => {
        const sides = values.map((box) => box && box[i]!);
        return {
          ...optional(sides, physical.double, doubles),
          path: [name, side],
          ...statisticsOf(sides, doubles),
        };
      });
    default: {
      const [type, encode] = {
        timestamp: [physical.int64, microseconds] as const,
        date: [physical.int32, int32s] as const,
        float: [physical.float, floats] as const,
        int: [physical.int32, int32s] as const,
      }[kind];
      return [{ ...optional(values, type, encode), ...statisticsOf(values, encode) }];
    }
  }
}
