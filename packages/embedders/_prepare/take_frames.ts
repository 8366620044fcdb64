/**
 * Some frames of a series.
 *
 * @module
 */

import type { Planes } from "@rsembed/core";

/** Some frames of a series, in the order asked for; the same planes where that is all. */
export function takeFrames(planes: Planes, frames: number, kept: readonly number[]): Planes {
  if (kept.length === frames) return planes;
  const size = planes.data.length / frames;
  const data = new Float32Array(kept.length * size);
  kept.forEach((frame, i) =>
    data.set(planes.data.subarray(frame * size, (frame + 1) * size), i * size)
  );
  return { ...planes, data, count: planes.count / frames * kept.length };
}
