/**
 * The seam to files: what every format gives. A dataset goes in, named arrays come out; which names an export uses is
 * `columns.ts`.
 *
 * @module
 */

import type { Card, Catalog, Dtype, NdArray, RunOptions } from "@rsembed/core";
import type { ColumnKind, Dataset } from "./dataset.ts";
import type { Disk } from "./disk.ts";

/** Any array of a file. */
export type AnyArray = NdArray<readonly string[], Dtype>;

/** How the values of one model and kind lie in a file. */
export interface StoredColumn {
  /** What a model gave, or what it was given. */
  readonly kind: ColumnKind;
  /** Model name as the caller wrote it. */
  readonly model: string;
  /** Element type, the same for every place. */
  readonly dtype: Dtype;
  /** One array with a leading place axis, or one array a place. */
  readonly stacked: boolean;
  /** Array names: one if stacked, else one a place. */
  readonly keys: readonly string[];
  /** Places, in the order of the rows or of `keys`. */
  readonly indices: readonly number[];
  /** Shape of the stacked array; `null` if not stacked. */
  readonly shape: readonly number[] | null;
}

/** What a finished file holds. */
export interface WrittenFile {
  /** Where it stands. */
  readonly path: string;
  /** Its length, bytes; that of all files where there are several. */
  readonly sizeBytes: number;
  /** Names that {@linkcode ArrayFile.read} takes, sorted. */
  readonly keys: readonly string[];
  /** What each array is. */
  readonly columns: readonly StoredColumn[];
}

/** What can be said of an array without reading its values. */
export interface ArrayInfo {
  /** Element type. */
  readonly dtype: Dtype;
  /** Lengths of the axes, outermost first. */
  readonly shape: readonly number[];
}

/** A file opened for reading; arrays are read when asked for. */
export interface ArrayFile extends AsyncDisposable {
  /** Names of its arrays, in the order of the file. */
  readonly keys: readonly string[];
  /**
   * The dtype and the shape of an array.
   *
   * @throws {RsembedError} As `read`
   */
  info(key: string, options?: RunOptions): Promise<ArrayInfo>;
  /**
   * An array, in C order; its axes are named `d0`, `d1`, ... where the format keeps no names.
   *
   * @throws {RsembedError} `not-found` for an unknown name, `corrupt` for damaged bytes, `unsupported`
   * for an element type that core has not, `limit` for an array larger than the file was opened for
   */
  read(key: string, options?: RunOptions): Promise<AnyArray>;
  /**
   * An array in blocks of rows along its first axis, in order: for arrays larger than memory. What is damaged may show
   * after the last block only.
   *
   * @throws {RsembedError} As `read`; the limit is that of a block
   */
  blocks(key: string, options?: RunOptions): AsyncIterable<AnyArray>;
}

/** Options of {@linkcode Format.write}. */
export interface WriteOptions extends RunOptions {
  /** Replace what is already there. @default true */
  readonly overwrite?: boolean | undefined;
  /** Where to write. @default the file system of the runtime */
  readonly disk?: Disk | undefined;
}

/** Options of {@linkcode Format.open}. */
export interface OpenOptions extends RunOptions {
  /** Largest array to read, bytes: files may claim anything. @default 8 GiB */
  readonly maxArrayBytes?: number | undefined;
  /** About the bytes of what {@linkcode ArrayFile.blocks} gives at once. @default 16 MiB */
  readonly blockBytes?: number | undefined;
}

/** A file format. */
export interface Format {
  /**
   * Writes a dataset. Nothing stands at `path` before it is complete and on the disk; after an error or an abort what
   * was there is there still. The same dataset gives the same bytes.
   *
   * @throws {RsembedError} `exists` if something is there and may not be replaced; `unavailable` if the folder is
   * missing, full or may not be written to; `unsupported` for values that the format cannot hold
   */
  write(path: string, dataset: Dataset, options?: WriteOptions): Promise<WrittenFile>;
  /**
   * Opens a file of this format.
   *
   * @throws {RsembedError} `not-found` if there is none, `corrupt` if it is damaged or something else
   */
  open(path: string, options?: OpenOptions): Promise<ArrayFile>;
}

/** What a catalog says of a format. */
export interface FormatCard extends Card {
  /** Name for people. */
  readonly title: string;
  /** With the dot; the first is appended to paths that have none of them. */
  readonly extensions: readonly string[];
  /** What a file can hold: many places, one, or either. */
  readonly layouts: readonly ("combined" | "per_item")[];
  /** Which values it can hold. */
  readonly holds: readonly ("vector" | "grid" | "input")[];
  /** Whether it is a folder of files. @default false */
  readonly folder?: boolean;
  /** Whether it can be written to object storage, to paths such as `s3://bucket/name`. @default false */
  readonly objectStorage?: boolean;
  /** First bytes of its files, hex; a file that begins with any of them is of this format. */
  readonly signatures?: readonly string[];
}

/** Formats by id. */
export type FormatCatalog = Catalog<FormatCard, Format>;
