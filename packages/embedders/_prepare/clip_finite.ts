/**
 * Values as models can take them: finite, and within bounds.
 *
 * @module
 */

import type { Planes } from "@rsembed/core";

/**
 * A copy with values outside `[low, high]` clipped to it and anything not finite replaced by `fill`.
 */
export function clipFinite(
  planes: Planes,
  { low, high, fill }: { low: number; high: number; fill: number },
): Planes {
  const from = planes.data;
  const data = new Float32Array(from.length);
  for (let i = 0; i < from.length; i++) {
    const x = from[i]!;
    data[i] = x - x !== 0 ? fill : x < low ? low : x > high ? high : x;
  }
  return { ...planes, data };
}
