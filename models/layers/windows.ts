/**
 * Attention within windows: which tokens see each other, and where they lie.
 *
 * The order in which tokens are gathered, the mask and the table of offsets are computed here, for any number of
 * axes, so that a graph only gathers, attends and gathers back.
 *
 * Source: Liu et al. 2021, "Swin Transformer", arXiv 2103.14030, 3.2; for three axes, Liu et al. 2021, "Video
 * Swin Transformer", arXiv 2106.13230.
 *
 * @module
 */

/** Windows over a grid of tokens; all have one entry an axis, the first the slowest. */
export interface Windows {
  /** Sides of the grid; multiples of those of the window. */
  readonly grid: readonly number[];
  /** Sides of a window. */
  readonly window: readonly number[];
  /** Tokens that the windows are moved by, around the edges. */
  readonly shift: readonly number[];
}

function product(sides: readonly number[]): number {
  return sides.reduce((n, side) => n * side, 1);
}

/** Where the `index`th element of a box lies. */
function placeOf(index: number, sides: readonly number[]): number[] {
  const place = new Array<number>(sides.length);
  for (let axis = sides.length - 1; axis >= 0; axis--) {
    place[axis] = index % sides[axis]!;
    index = Math.floor(index / sides[axis]!);
  }
  return place;
}

function indexOf(place: readonly number[], sides: readonly number[]): number {
  return place.reduce((index, at, axis) => index * sides[axis]! + at, 0);
}

/** Calls `fn` with the place of each token in the moved grid, window by window. */
function eachToken({ grid, window }: Windows, fn: (moved: number[], at: number) => void): void {
  if (window.length !== grid.length || grid.some((side, axis) => side % window[axis]! !== 0)) {
    throw new RangeError(`Cannot cut a grid of (${grid}) into windows of (${window})`);
  }
  const counts = grid.map((side, axis) => side / window[axis]!);
  const size = product(window);
  for (let at = 0; at < product(grid); at++) {
    const corner = placeOf(Math.floor(at / size), counts);
    const inside = placeOf(at % size, window);
    fn(corner.map((n, axis) => n * window[axis]! + inside[axis]!), at);
  }
}

/**
 * Tokens of a grid in the order of windows: element `i` is the index of the token that comes `i`th, windows one
 * after another, rows of a window from its top.
 *
 * @throws {RangeError} If windows do not fill the grid
 *
 * @example
 * ```ts
 * import { windowOrder } from "@rsembed/models/layers";
 * import assert from "node:assert/strict";
 *
 * const order = windowOrder({ grid: [2, 4], window: [2, 2], shift: [0, 0] });
 * assert.deepEqual([...order], [0, 1, 4, 5, 2, 3, 6, 7]);
 * ```
 */
export function windowOrder(windows: Windows): Int32Array {
  const { grid, shift } = windows;
  const order = new Int32Array(product(grid));
  eachToken(windows, (moved, at) => {
    const token = moved.map((place, axis) => (place + shift[axis]!) % grid[axis]!);
    order[at] = indexOf(token, grid);
  });
  return order;
}

/** The order that undoes another. */
export function inverseOrder(order: Int32Array): Int32Array {
  const inverse = new Int32Array(order.length);
  order.forEach((token, at) => {
    inverse[token] = at;
  });
  return inverse;
}

/**
 * Which tokens of a window must not see each other, because moving the windows brought them together around an
 * edge: (windows, L, L), 1 where they must not; `null` where windows are not moved.
 */
export function windowMask(windows: Windows): Uint8Array | null {
  const { grid, window, shift } = windows;
  if (shift.every((tokens) => tokens === 0)) return null;
  const size = product(window);
  const regions = new Int32Array(product(grid));
  eachToken(windows, (moved, at) => {
    // along each axis: before the last window, in it, and in the part that came around the edge
    const region = moved.map((place, axis) => {
      if (shift[axis] === 0 || place < grid[axis]! - window[axis]!) return 0;
      return place < grid[axis]! - shift[axis]! ? 1 : 2;
    });
    regions[at] = indexOf(region, grid.map(() => 3));
  });
  const mask = new Uint8Array(regions.length * size);
  for (let query = 0; query < regions.length; query++) {
    const first = query - query % size;
    for (let key = 0; key < size; key++) {
      mask[query * size + key] = regions[first + key] === regions[query] ? 0 : 1;
    }
  }
  return mask;
}

/**
 * For each pair of tokens of a window the row of a table of offsets, (L, L): query minus key along each axis,
 * from `-(side - 1)` to `side - 1`, the first axis the slowest.
 */
export function relativeOffsets(window: readonly number[]): Int32Array {
  const size = product(window);
  const sides = window.map((side) => 2 * side - 1);
  const offsets = new Int32Array(size * size);
  for (let query = 0; query < size; query++) {
    const from = placeOf(query, window);
    for (let key = 0; key < size; key++) {
      const to = placeOf(key, window);
      const offset = from.map((place, axis) => place - to[axis]! + window[axis]! - 1);
      offsets[query * size + key] = indexOf(offset, sides);
    }
  }
  return offsets;
}
