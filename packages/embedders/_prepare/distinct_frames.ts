/**
 * Which frames of a series are told apart.
 *
 * @module
 */

import type { Planes } from "@rsembed/core";

/**
 * Indices of the frames that differ from all before them: where a part of the window has no imagery, sources
 * fill it with that of the whole.
 *
 * @param planes Frames one after another
 * @param frames Number of frames
 */
export function distinctFrames({ data }: Planes, frames: number): number[] {
  const size = data.length / frames;
  const equal = (a: number, b: number) => {
    for (let i = 0; i < size; i++) {
      if (data[a * size + i] !== data[b * size + i]) return false;
    }
    return true;
  };
  const kept: number[] = [];
  for (let frame = 0; frame < frames; frame++) {
    if (!kept.some((earlier) => equal(earlier, frame))) kept.push(frame);
  }
  return kept;
}
