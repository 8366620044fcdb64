/**
 * Values changed band by band.
 *
 * @module
 */

import type { Planes } from "@rsembed/core";

/**
 * A copy with values changed, by a function of each plane.
 *
 * @param changeOf The change of plane `plane`, of `count`
 */
export function mapBands(
  planes: Planes,
  changeOf: (plane: number) => (x: number) => number,
): Planes {
  const size = planes.height * planes.width;
  const from = planes.data;
  const data = new Float32Array(from.length);
  for (let plane = 0; plane < planes.count; plane++) {
    const change = changeOf(plane);
    for (let i = plane * size; i < (plane + 1) * size; i++) data[i] = change(from[i]!);
  }
  return { ...planes, data };
}

/** The change by which the mean of a band becomes 0 and its deviation 1. */
export function standardized(
  [mean, std]: readonly [mean: number, std: number],
): (x: number) => number {
  return (x) => (x - mean) / std;
}
