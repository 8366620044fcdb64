/**
 * The clearest scenes of a place.
 *
 * @module
 */

import { isRsembedError, resizeGrid } from "@rsembed/core";
import { passOf } from "./imagery.ts";
import { numberProperty } from "./item.ts";
import { hasPixels, type Scene, type SceneReading } from "./scene.ts";

/** Side at which a place is looked at, px: whether a scene has anything there shows in few pixels. */
const lookPx = 64;

/**
 * The scenes of the clearest passes that have pixels in a place, in their order; all of them where `most` is
 * `null`. Tiles of one pass count as one.
 */
export async function clearest(
  scenes: readonly Scene[],
  most: number | null,
  reading: SceneReading,
): Promise<readonly Scene[]> {
  if (most === null || scenes.length <= most) return scenes;
  const { whole } = reading;
  const coarse = resizeGrid(whole, {
    width: Math.min(whole.width, lookPx),
    height: Math.min(whole.height, lookPx),
  });
  const cloud = ({ item }: Scene) => numberProperty(item, "eo:cloud_cover") ?? 0;
  const passes = new Set<string>();
  for (const scene of scenes.toSorted((a, b) => cloud(a) - cloud(b))) {
    if (passes.size === most) break;
    const pass = passOf(scene.item);
    if (!passes.has(pass) && await isThere(scene)) passes.add(pass);
  }
  return scenes.filter(({ item }) => passes.has(passOf(item)));

  async function isThere(scene: Scene): Promise<boolean> {
    try {
      return await hasPixels(scene, { ...reading, whole: coarse });
    } catch (error) {
      reading.signal?.throwIfAborted();
      // a file that is gone is told when the frame is made
      if (isRsembedError(error, "not-found")) return false;
      throw error;
    }
  }
}
