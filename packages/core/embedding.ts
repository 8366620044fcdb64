/**
 * What comes out.
 *
 * @module
 */

import type { Grid } from "./grid.ts";
import type { TokenGrid, Vector } from "./ndarray.ts";

/** The sensor as it stands in metadata and manifests, with rs-embed's key names. */
export interface SensorMeta {
  /** Collection or product the imagery is from. */
  readonly collection: string;
  /** Band names, in the order of the channels. */
  readonly bands: readonly string[];
  /** Side of a pixel, metres. */
  readonly scale_m: number;
  /** Highest cloud share of a scene, percent; `null` for no filter. */
  readonly cloudy_pct: number | null;
  /** Further keys. */
  readonly [key: string]: unknown;
}

/**
 * Metadata of an embedding. The named keys are a stable contract, shared with rs-embed: they stand in
 * every manifest and keep their names and meaning; families add more.
 */
export interface EmbeddingMeta {
  /** Model id as the caller wrote it. */
  readonly model: string;
  /** Whether a model ran, or a stored product was read. */
  readonly type: "on_the_fly" | "precomputed";
  /** Name of the provider that gave the imagery. */
  readonly backend: string;
  /** Collection or product. */
  readonly source: string | null;
  /** The imagery asked for. */
  readonly sensor: SensorMeta | null;
  /** The window really used. */
  readonly temporal: Readonly<Record<string, unknown>> | null;
  /** Side of the model's input, px. */
  readonly image_size: number | null;
  /** What a family adds. */
  readonly [key: string]: unknown;
}

/** One embedding: a vector (D,) or a grid (D, H, W), float32, and what it is. */
export interface Embedding<T extends Vector | TokenGrid = Vector | TokenGrid> {
  /** The numbers. */
  readonly data: T;
  /** What they are the embedding of, and how they came about. */
  readonly meta: EmbeddingMeta;
  /** Where the cells of a grid lie; `null` for vectors and where the geometry does not allow it. */
  readonly grid: Grid | null;
}
