/**
 * The seam to files: what every format gives. Values go in and come out as named arrays; which names an
 * export uses is `columns.ts`.
 *
 * @module
 */

import type { Card, Catalog, Dtype, NdArray, RunOptions } from "@rsembed/core";
import type { Disk } from "./disk.ts";

/** Any array of a file. */
export type AnyArray = NdArray<readonly string[], Dtype>;

/** One value of an export: of one model, at one place. */
export interface Cell {
  /** Position of the place in the export, from 0. */
  readonly index: number;
  /** What a model gave, or what it was given. */
  readonly kind: "embedding" | "input";
  /** Model name as the caller wrote it. */
  readonly model: string;
  /** Stored with the axes it has: a single-date input is handed in as (C, H, W). */
  readonly array: AnyArray;
}

/** How the values of one model and kind lie in a file. */
export interface StoredColumn {
  /** What a model gave, or what it was given. */
  readonly kind: Cell["kind"];
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
  /** Its length, bytes. */
  readonly sizeBytes: number;
  /** Array names, sorted. */
  readonly keys: readonly string[];
  /** What each array is. */
  readonly columns: readonly StoredColumn[];
}

/** Options of {@linkcode Writer.commit}. */
export interface CommitOptions extends RunOptions {
  /**
   * Number of places of the export, where it was not known at the start: the last places may have no
   * values. @default the highest place written + 1
   */
  readonly placeCount?: number | undefined;
}

/**
 * A file in the making. Nothing stands under the final name before `commit`; disposing without commit
 * leaves nothing behind. After a failed `write` or `commit` all that is left is to dispose.
 */
export interface Writer extends AsyncDisposable {
  /** Adds values, in any order of places. */
  write(cells: readonly Cell[], options?: RunOptions): Promise<void>;
  /** Completes the file under its final name, durably. May be called once. */
  commit(options?: CommitOptions): Promise<WrittenFile>;
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
}

/** Options of {@linkcode Format.create}. */
export interface CreateOptions {
  /** `combined` names arrays for many places, `per_item` for one. */
  readonly layout: "combined" | "per_item";
  /** Number of places of the export, where known; a stacked array needs a value for each. */
  readonly placeCount: number | null;
  /** Replace a file that is already there. @default true */
  readonly overwrite?: boolean | undefined;
  /** Where to write. @default the file system of the runtime */
  readonly disk?: Disk | undefined;
}

/** Options of {@linkcode Format.open}. */
export interface OpenOptions extends RunOptions {
  /** Largest array to read, bytes: files may claim anything. @default 8 GiB */
  readonly maxArrayBytes?: number | undefined;
}

/** A file format. */
export interface Format {
  /**
   * Starts a file that will stand at `path`.
   *
   * @throws {RsembedError} `exists` if it is there and may not be replaced; `unavailable` if the folder
   * is missing or cannot be written to
   */
  create(path: string, options: CreateOptions): Promise<Writer>;
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
  /** What it can hold: many places in a file, one, or either. */
  readonly layouts: readonly ("combined" | "per_item")[];
  /** First bytes of its files, hex; a file that begins with any of them is of this format. */
  readonly signatures?: readonly string[];
}

/** Formats by id. */
export type FormatCatalog = Catalog<FormatCard, Format>;
