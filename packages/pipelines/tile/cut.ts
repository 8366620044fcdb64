/**
 * Cutting tiles out of a patch.
 *
 * @module
 */

import {
  allocate,
  applyAffine,
  type Dtype,
  type NdArray,
  ndarray,
  type Patch,
} from "@rsembed/core";
import type { Tile, TilePlan, TileSpan } from "./plan.ts";

/** Source pixel of each pixel of a tile's side; beyond the input, its last. */
function sourcesOf({ start, end }: TileSpan, { tileSizePx, padEdges }: TilePlan): Int32Array {
  const length = padEdges ? tileSizePx : end - start;
  return Int32Array.from({ length }, (_, i) => Math.min(start + i, end - 1));
}

/**
 * A tile of the last two axes of an array; what lies beyond the array repeats its edge.
 *
 * @throws {RangeError} If the last two axes are not of the plan's size
 */
export function cutTile<A extends readonly string[], D extends Dtype>(
  array: NdArray<A, D>,
  { tile, plan }: { readonly tile: Tile; readonly plan: TilePlan },
): NdArray<A, D> {
  const shape: readonly number[] = array.shape;
  const [height = 0, width = 0] = shape.slice(-2);
  if (shape.length < 2 || height !== plan.height || width !== plan.width) {
    throw new RangeError(`Cannot cut a tile of ${plan.height} x ${plan.width} px from (${shape})`);
  }
  const rows = sourcesOf(tile.row, plan);
  const columns = sourcesOf(tile.column, plan);
  const planes = array.data.length / (height * width);
  const data = allocate(array.dtype, planes * rows.length * columns.length);
  let at = 0;
  for (let plane = 0; plane < planes; plane++) {
    for (const y of rows) {
      const row = (plane * height + y) * width;
      for (const x of columns) data[at++] = array.data[row + x]!;
    }
  }
  const sides = [...shape.slice(0, -2), rows.length, columns.length];
  return ndarray(array.dtype, {
    axes: array.axes,
    shape: sides as unknown as { readonly [K in keyof A]: number },
    data,
  });
}

/** A tile of a patch, on its own grid. Pixels that repeat the edge count as valid as the edge is. */
export function cutPatch(
  patch: Patch,
  { tile, plan }: { readonly tile: Tile; readonly plan: TilePlan },
): Patch {
  const pixels = cutTile(patch.pixels, { tile, plan });
  const [, , height, width] = pixels.shape;
  const { crs, transform } = patch.grid;
  const [a, b, , d, e] = transform;
  const [c, f] = applyAffine(transform, [tile.column.start, tile.row.start]);
  return {
    ...patch,
    pixels,
    valid: cutTile(patch.valid, { tile, plan }),
    grid: { crs, transform: [a, b, c, d, e, f], width, height },
  };
}
