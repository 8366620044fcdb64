/**
 * What formats are given: everything an export holds, in order, to be read as often as a format needs.
 *
 * Values stay where they are (in memory, or on disk while an export runs) until they are asked for, so a format can
 * write arrays that are larger than memory.
 *
 * @module
 */

import type { Dtype, Grid, RunOptions } from "@rsembed/core";

/** A part of the rows of a column: from `start`, before `end`. */
export interface RowRange {
  /** First row. */
  readonly start: number;
  /** The row after the last. */
  readonly end: number;
}

/** Where and when the value of a row is of, and what it was made from. */
export interface RowPlace {
  /** Position of the place in the export, from 0. */
  readonly index: number;
  /** Name of the place. */
  readonly name: string;
  /** Corners of the ground that was seen, degrees, anticlockwise and not closed; `null` where it is not known. */
  readonly footprint: readonly (readonly [lon: number, lat: number])[] | null;
  /** First day of the window, ISO 8601; `null` where any date was taken. */
  readonly start: string | null;
  /** Day after the last, ISO 8601. */
  readonly end: string | null;
  /** Where the imagery came from: a collection, a file or an address. */
  readonly source: string;
  /** Scenes, files or tiles behind it. */
  readonly items: readonly string[];
  /** Share of valid pixels; `null` where it is not known. */
  readonly validFraction: number | null;
  /** The grid of the last two axes, of tokens or of pixels; `null` for a vector. */
  readonly grid: Grid | null;
}

/** What the values of a column are. */
export type ColumnKind =
  /** What a model gave. */
  | "embedding"
  /** What a model was given. */
  | "input"
  /** What to multiply embeddings in 8-bit integers by: one number a vector, (H, W) of them for a grid. */
  | "scale";

/** The values of one model and kind, one row a place that has one. */
export interface DatasetColumn {
  /** What they are. */
  readonly kind: ColumnKind;
  /** Model name as the caller wrote it. */
  readonly model: string;
  /** Element type, the same for every row. */
  readonly dtype: Dtype;
  /** Places of the rows, increasing. */
  readonly indices: readonly number[];
  /** Names of the axes of a row. */
  readonly axes: readonly string[];
  /** The shape of every row; `null` where shapes differ. */
  readonly shape: readonly number[] | null;
  /** The shape of one row. */
  shapeOf(row: number): readonly number[];
  /**
   * Values in C order, little-endian, one row after another, cut anywhere. A piece holds until the next is asked for,
   * which may overwrite it.
   *
   * @param range Default all rows
   */
  values(range?: RowRange, options?: RunOptions): AsyncIterable<Uint8Array>;
  /** Where the rows are, in order. @param range Default all rows */
  places(range?: RowRange, options?: RunOptions): AsyncIterable<RowPlace>;
}

/** A model of a dataset. */
export interface DatasetModel {
  /** Name as the caller wrote it. */
  readonly name: string;
  /** Id of its card. */
  readonly id: string;
  /** Its variant. */
  readonly variant: string;
  /** Checksum of the weights, hex, where known. */
  readonly weightsSha256: string | null;
  /** Licence of the weights. */
  readonly licence: string;
  /** Collection of its imagery. */
  readonly collection: string;
  /** Ground sampling distance of its imagery, metres. */
  readonly gsdM: number;
  /** Side of its input, px; `null` where any size is taken. */
  readonly imageSizePx: number | null;
  /** Everything else that decides its numbers: options, sensor, precision. Plain JSON. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** How embeddings were made smaller. */
export interface Quantization {
  /** Element type they are stored in. */
  readonly dtype: "float16" | "int8";
  /** How values come back, as a formula of `q` and `scale`. */
  readonly decode: string;
}

/** What a dataset says of itself. */
export interface DatasetAbout {
  /** Name and version of the software. */
  readonly createdBy: string;
  /** Identity of the request, hex. */
  readonly fingerprint: string;
  /** How vectors and grids were asked for. Plain JSON. */
  readonly output: Readonly<Record<string, unknown>>;
  /** Its models, in the order of the request. */
  readonly models: readonly DatasetModel[];
  /** `null` where values are as the model gave them. */
  readonly quantization: Quantization | null;
}

/** A place at which a model failed. */
export interface DatasetFailure {
  /** Position of the place in the export. */
  readonly index: number;
  /** Name of the place. */
  readonly name: string;
  /** Model name as the caller wrote it. */
  readonly model: string;
  /** Code of the error, or its class. */
  readonly code: string;
  /** What went wrong. */
  readonly message: string;
  /** As asked for, as {@linkcode RowPlace.footprint}. */
  readonly footprint: RowPlace["footprint"];
}

/** All that a file is made of. */
export interface Dataset {
  /** `combined` holds many places, `per_item` one. */
  readonly layout: "combined" | "per_item";
  /** Number of places of the export, failed ones included. */
  readonly placeCount: number;
  /** In the order in which files hold them. */
  readonly columns: readonly DatasetColumn[];
  /** What it says of itself. */
  readonly about: DatasetAbout;
  /** Places at which models failed, in order. */
  failures(options?: RunOptions): AsyncIterable<DatasetFailure>;
}
