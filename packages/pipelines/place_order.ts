/**
 * The order in which places are fetched: neighbours one after another, so that they share what is read for them.
 *
 * @module
 */

import { centerOf, type Spatial } from "@rsembed/core";

/** A place and its position in the export. */
export interface NumberedPlace {
  readonly spatial: Spatial;
  readonly index: number;
}

/** Bits of each coordinate: cells of some 600 m at the equator. */
const bits = 16;

/**
 * Where a place lies on a Hilbert curve over all longitudes and latitudes.
 *
 * Source: D. Hilbert (1891); the mapping from coordinates by quadrants.
 */
export function curvePosition(
  { lon, lat }: { readonly lon: number; readonly lat: number },
): number {
  const side = 2 ** bits;
  const cell = (share: number) => Math.max(0, Math.min(side - 1, Math.floor(share * side)));
  let x = cell((lon + 180) / 360), y = cell((lat + 90) / 180);
  let position = 0;
  for (let half = side / 2; half >= 1; half /= 2) {
    const right = (x & half) !== 0, upper = (y & half) !== 0;
    position += half * half * (right ? (upper ? 2 : 3) : upper ? 1 : 0);
    if (upper) continue;
    // the lower quadrants are turned
    if (right) {
      x = side - 1 - x;
      y = side - 1 - y;
    }
    [x, y] = [y, x];
  }
  return position;
}

/** What is no place is told so when its turn comes. */
function positionOf(spatial: Spatial): number {
  try {
    const position = curvePosition(centerOf(spatial));
    return Number.isFinite(position) ? position : 0;
  } catch {
    return 0;
  }
}

/** Places with their positions: along the curve where all of them are known, else as they come. */
export async function* inFetchOrder(
  spatials: Iterable<Spatial> | AsyncIterable<Spatial>,
  count: number | null,
): AsyncGenerator<NumberedPlace> {
  if (count === null) {
    let index = 0;
    for await (const spatial of spatials) yield { spatial, index: index++ };
    return;
  }
  const all: Spatial[] = [];
  for await (const spatial of spatials) all.push(spatial);
  const positions = Float64Array.from(all, positionOf);
  const order = Array.from(all.keys()).sort((a, b) => positions[a]! - positions[b]! || a - b);
  for (const index of order) yield { spatial: all[index]!, index };
}
