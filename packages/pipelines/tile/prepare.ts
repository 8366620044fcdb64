/**
 * From an input policy to the inputs of a model, and back from their embeddings to one.
 *
 * Source: rs-embed 0.2, `input_prep`: keys of the metadata, and when a region is tiled.
 *
 * @module
 */

import {
  type Embedding,
  type Grid,
  type InputPrepSpec,
  ndarray,
  type OutputSpec,
  type Patch,
  planesOf,
  resizeBilinear,
  resizeGrid,
  type Size,
  type TokenGrid,
  type Vector,
} from "@rsembed/core";
import { cutPatch } from "./cut.ts";
import { mergePooled } from "./merge.ts";
import { planTiles, snapSize, tileCount, type TilePlan, tilesOf } from "./plan.ts";
import { blendGrids } from "./blend.ts";
import { stitchGrids } from "./stitch.ts";

/** A patch as inputs of a model. */
export interface PreparedInput {
  /** What the model is to embed: the patch itself, or its tiles row by row. */
  readonly parts: readonly Patch[];
  /** `null` for a patch that is taken whole. */
  readonly tiling: Tiling | null;
}

/** How a patch was cut. */
export interface Tiling {
  readonly plan: TilePlan;
  /** The patch that was cut, after snapping. */
  readonly patch: Patch;
  /** Its size before snapping; `null` if it was not snapped. */
  readonly snappedFrom: Size | null;
}

/** What decides whether a patch is cut. */
export interface InputPolicy {
  readonly prep: InputPrepSpec;
  readonly output: OutputSpec;
  /** Side of the model's input, px; `null` where it takes any size. */
  readonly imageSizePx: number | null;
}

function resized(patch: Patch, { height, width }: Size): Patch {
  const [t, c, oldHeight, oldWidth] = patch.pixels.shape;
  const valid = new Uint8Array(t * height * width);
  for (let i = 0; i < valid.length; i++) {
    const y = Math.floor((((Math.floor(i / width) % height) + 0.5) * oldHeight) / height);
    const x = Math.floor((((i % width) + 0.5) * oldWidth) / width);
    const frame = Math.floor(i / (width * height));
    valid[i] = patch.valid.data[(frame * oldHeight + y) * oldWidth + x]!;
  }
  return {
    ...patch,
    pixels: ndarray("float32", {
      axes: patch.pixels.axes,
      shape: [t, c, height, width],
      data: resizeBilinear(planesOf(patch.pixels), { height, width }).data,
    }),
    valid: ndarray("uint8", { axes: patch.valid.axes, shape: [t, height, width], data: valid }),
    grid: resizeGrid(patch.grid, { height, width }),
  };
}

/**
 * Cuts a patch by an input policy: `tile` where it is larger than the model's input, `auto` only for
 * grids, `resize` never.
 *
 * @throws {RsembedError} `limit` for more tiles than `maxTilesHard`
 */
export function prepareInput(
  patch: Patch,
  { prep, output, imageSizePx }: InputPolicy,
): PreparedInput {
  const whole: PreparedInput = { parts: [patch], tiling: null };
  const tileSizePx = prep.tileSizePx ?? imageSizePx;
  if (prep.mode === "resize" || tileSizePx === null) return whole;
  const [, , height, width] = patch.pixels.shape;
  const { tileSnapFraction } = prep;
  const size = snapSize({ height, width }, { tileSizePx, tileSnapFraction });
  const { overlapPx } = prep;
  const count = tileCount(size.height, tileSizePx, overlapPx) *
    tileCount(size.width, tileSizePx, overlapPx);
  if (count === 1) return whole;
  if (prep.mode === "auto" && (output.mode !== "grid" || count > prep.maxTiles)) return whole;
  const isSnapped = size.height !== height || size.width !== width;
  const cut = isSnapped ? resized(patch, size) : patch;
  const plan = planTiles(size, { ...prep, tileSizePx });
  return {
    parts: tilesOf(plan).map((tile) => cutPatch(cut, { tile, plan })),
    tiling: { plan, patch: cut, snappedFrom: isSnapped ? { height, width } : null },
  };
}

/** What `input_prep` says of a patch that was taken whole. */
export function wholeMeta({ mode }: InputPrepSpec): Readonly<Record<string, unknown>> {
  return { prep_version: 1, requested_mode: mode, resolved_mode: "resize" };
}

function tiledMeta(
  { plan, patch, snappedFrom }: Tiling,
  prep: InputPrepSpec,
  output: OutputSpec,
): Readonly<Record<string, unknown>> {
  const [, , height, width] = patch.pixels.shape;
  return {
    prep_version: 1,
    requested_mode: prep.mode,
    resolved_mode: "tile",
    tile_layout: plan.overlapPx > 0 ? "overlap" : "cover_shift",
    tile_size: plan.tileSizePx,
    tile_stride: plan.tileSizePx - plan.overlapPx,
    tile_count: plan.rows.length * plan.columns.length,
    pad_edges: plan.padEdges,
    pad_policy: plan.padEdges ? "edge_replicate" : "none",
    max_tiles: prep.maxTiles,
    max_tiles_hard: prep.maxTilesHard,
    input_hw: snappedFrom ? [snappedFrom.height, snappedFrom.width] : [height, width],
    tile_snap_frac: prep.tileSnapFraction,
    ...(snappedFrom
      ? {
        snapped_from_hw: [snappedFrom.height, snappedFrom.width],
        snapped_to_hw: [height, width],
      }
      : {}),
    merged_output: output.mode === "grid" ? "grid_stitch" : "pooled_reduce",
    ...(output.mode === "grid"
      ? { stitch_policy: plan.overlapPx > 0 ? "linear_blend" : "midpoint_cut" }
      : {}),
  };
}

/**
 * The grid of stitched cells: cells of one pitch from the patch's corner. `null` where tiles begin inside
 * of cells, so that cells along the seams are not all of one size.
 */
function stitchedGrid({ plan, patch }: Tiling, cells: TokenGrid, tile: TokenGrid): Grid | null {
  const [, height, width] = cells.shape;
  const pitchY = plan.tileSizePx / tile.shape[1];
  const pitchX = plan.tileSizePx / tile.shape[2];
  const isRegular = plan.padEdges &&
    plan.rows.every(({ start }) => start % pitchY === 0) &&
    plan.columns.every(({ start }) => start % pitchX === 0);
  if (!isRegular) return null;
  const [a, b, c, d, e, f] = patch.grid.transform;
  const transform = [a * pitchX, b * pitchY, c, d * pitchX, e * pitchY, f] as const;
  return { crs: patch.grid.crs, transform, height, width };
}

/** One embedding from those of all tiles, with the metadata of the first. */
export function mergeTiles(
  tiles: readonly Embedding[],
  tiling: Tiling,
  { prep, output }: Pick<InputPolicy, "prep" | "output">,
): Embedding {
  const first = tiles[0]!;
  const { grid } = tiling.patch;
  const input_prep = tiledMeta(tiling, prep, output);
  const meta = {
    ...first.meta,
    patch_transform: grid.transform,
    patch_hw: [grid.height, grid.width],
  };
  if (output.mode === "pooled") {
    const vectors = tiles.map(({ data }) => data as Vector);
    const data = mergePooled(vectors, tiling.plan, { pooling: output.pooling });
    return { data, grid: null, meta: { ...meta, input_prep } };
  }
  const cells = tiles.map(({ data }) => data as TokenGrid);
  const data = tiling.plan.overlapPx > 0
    ? blendGrids(cells, tiling.plan)
    : stitchGrids(cells, tiling.plan);
  const place = stitchedGrid(tiling, data, cells[0]!);
  const [, height, width] = data.shape;
  return {
    data,
    grid: place,
    meta: {
      ...meta,
      grid_hw: [height, width],
      ...(place ? { grid_transform: place.transform } : { grid_crs: null, grid_transform: null }),
      input_prep: { ...input_prep, stitched_grid_shape: [...data.shape] },
    },
  };
}
