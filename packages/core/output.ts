/**
 * What shape of embedding is wanted, and how large inputs are brought to a model's size.
 *
 * @module
 */

import { RsembedError } from "./errors.ts";

/** How tokens become one vector. */
export type Pooling = "mean" | "max";
/** Rows from north, or as the model leaves them. */
export type GridOrientation = "north_up" | "native";

/** One vector a place, or a grid of vectors. */
export type OutputSpec =
  | { readonly mode: "pooled"; readonly pooling: Pooling }
  | { readonly mode: "grid"; readonly orientation: GridOrientation };

/** One vector (D,) a place. */
export function pooled(pooling: Pooling = "mean"): OutputSpec {
  return validateOutput({ mode: "pooled", pooling });
}

/** A grid of vectors (D, H, W) a place. */
export function grid(orientation: GridOrientation = "north_up"): OutputSpec {
  return validateOutput({ mode: "grid", orientation });
}

/**
 * Checks an output that came from outside.
 *
 * @throws {RsembedError} `spec` if the mode, the pooling or the orientation is unknown
 */
export function validateOutput(output: OutputSpec): OutputSpec {
  const refuse = (field: string, value: unknown, wanted: string): never => {
    throw new RsembedError("spec", `Cannot use output.${field} "${value}": ${wanted}`, {
      facts: { field: `output.${field}`, value },
    });
  };
  if (output.mode === "pooled") {
    return output.pooling === "mean" || output.pooling === "max"
      ? { mode: "pooled", pooling: output.pooling }
      : refuse("pooling", (output as { pooling: unknown }).pooling, 'it is "mean" or "max"');
  }
  if (output.mode === "grid") {
    return output.orientation === "north_up" || output.orientation === "native"
      ? { mode: "grid", orientation: output.orientation }
      : refuse(
        "orientation",
        (output as { orientation: unknown }).orientation,
        'it is "north_up" or "native"',
      );
  }
  return refuse("mode", (output as { mode: unknown }).mode, 'it is "pooled" or "grid"');
}

/** How an input larger than the model's own size is brought to it. */
export interface InputPrepSpec {
  /** `resize` resamples the whole patch, `tile` cuts and stitches, `auto` tiles only grids. */
  readonly mode: "resize" | "tile" | "auto";
  /** Side of a tile, px; `null` for the model's own input size. */
  readonly tileSizePx: number | null;
  /** Tiles above this number are worth a warning. */
  readonly maxTiles: number;
  /** Tiles above this number are an error. */
  readonly maxTilesHard: number;
  /** Repeat the edge where a tile reaches beyond the patch. */
  readonly padEdges: boolean;
  /** A side that exceeds a multiple of the tile by at most this share of it is shrunk to the multiple. */
  readonly tileSnapFraction: number;
  /**
   * How far neighbouring tiles reach over each other, px. Cells of grids are blended there, in proportion to
   * their distance from the edge of their tile; 0 cuts tiles as rs-embed does. A multiple of the side of a cell.
   */
  readonly overlapPx: number;
}

/**
 * An input policy with the defaults of rs-embed's tiling filled in.
 *
 * @throws {RsembedError} `spec` if a number is out of range
 */
export function inputPrep(
  init: InputPrepSpec["mode"] | Partial<InputPrepSpec> = {},
): InputPrepSpec {
  const spec: InputPrepSpec = {
    mode: "tile",
    tileSizePx: null,
    maxTiles: 64,
    maxTilesHard: 1024,
    padEdges: true,
    tileSnapFraction: 0.1,
    overlapPx: 0,
    ...(typeof init === "string" ? { mode: init } : init),
  };
  const refuse = (field: keyof InputPrepSpec, wanted: string): never => {
    throw new RsembedError("spec", `Cannot use inputPrep.${field} ${spec[field]}: ${wanted}`, {
      facts: { field: `inputPrep.${field}`, value: spec[field] },
    });
  };
  const whole = (n: number | null) => n !== null && Number.isSafeInteger(n) && n > 0;
  if (!["resize", "tile", "auto"].includes(spec.mode)) refuse("mode", "resize, tile or auto");
  if (spec.tileSizePx !== null && !whole(spec.tileSizePx)) refuse("tileSizePx", "whole pixels > 0");
  if (!whole(spec.maxTiles)) refuse("maxTiles", "a whole number > 0");
  if (!whole(spec.maxTilesHard)) refuse("maxTilesHard", "a whole number > 0");
  if (!(spec.tileSnapFraction >= 0 && spec.tileSnapFraction <= 0.5)) {
    refuse("tileSnapFraction", "0 to 0.5");
  }
  const { overlapPx, tileSizePx, padEdges } = spec;
  if (!(overlapPx === 0 || whole(overlapPx))) refuse("overlapPx", "whole pixels >= 0");
  if (tileSizePx !== null && overlapPx >= tileSizePx) refuse("overlapPx", "less than a tile");
  if (overlapPx > 0 && !padEdges) refuse("overlapPx", "0 where edges are not padded");
  return spec;
}
