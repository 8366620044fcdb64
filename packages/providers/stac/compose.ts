/**
 * The scenes of a frame made into one image, block by block.
 *
 * @module
 */

import { type Grid, isRsembedError, mapPool, type SensorSpec } from "@rsembed/core";
import { composite } from "../raster/composite.ts";
import { blocksOf, putBlock } from "../raster/blocks.ts";
import { type Raster, windowGrid } from "../raster/raster.ts";
import { readScene, type Scene, type SceneReading } from "./scene.ts";

/** Values held at once while scenes are stacked: 256 MiB. */
const stackValues = 2 ** 26;
/** Scenes of a block read at once; the client bounds the requests. */
const scenesAtOnce = 8;

/** A frame to fill. */
export interface ComposeTask extends SceneReading {
  /** Oldest first. */
  readonly scenes: readonly Scene[];
  readonly sensor: SensorSpec;
  /** (C, H, W) of the layer's bands, to be filled. */
  readonly planes: readonly Float32Array<ArrayBuffer>[];
  /** (H, W) of each band, to be filled. */
  readonly valid: readonly Uint8Array<ArrayBuffer>[];
  /** Hears of scenes whose files are not there. */
  readonly onDropped: (id: string, reason: string) => void;
}

/** Fills a frame, and gives the scenes that have pixels in it, each with how many. */
export async function composeFrame(task: ComposeTask): Promise<Map<Scene, number>> {
  const { whole, scenes, signal } = task;
  const shares = new Map<Scene, number>();
  const gone = new Set<Scene>();
  const readIfThere = async (scene: Scene, target: Grid): Promise<Raster[] | null> => {
    try {
      return await readScene(scene, target, task);
    } catch (error) {
      signal?.throwIfAborted();
      if (!isRsembedError(error, "not-found")) throw error;
      // catalogues outlive some of their files
      // pixels of it are in the frame: it was there a moment ago
      if (shares.has(scene)) throw error;
      gone.add(scene);
      task.onDropped(scene.item.id, error.message);
      return null;
    }
  };
  for (const window of blocksOf(whole, blockSide(task))) {
    const target = windowGrid(whole, window);
    const stacks: Raster[][] = task.planes.map(() => []);
    const read = async (scene: Scene) => ({
      scene,
      layers: gone.has(scene) ? null : await readIfThere(scene, target),
    });
    const reading = mapPool(scenes, read, { concurrency: scenesAtOnce, signal });
    for await (const { scene, layers } of reading) {
      if (!layers) continue;
      let most = 0;
      layers.forEach((layer, band) => {
        stacks[band]!.push(layer);
        most = Math.max(most, countOf(layer.valid));
      });
      shares.set(scene, (shares.get(scene) ?? 0) + most);
    }
    stacks.forEach((stack, band) => {
      if (stack.length === 0) return;
      const { data, valid } = composite(stack, task.sensor.composite);
      const { width } = whole;
      putBlock(data, window, { plane: task.planes[band]!, width });
      putBlock(valid, window, { plane: task.valid[band]!, width });
    });
  }
  return shares;
}

function countOf(valid: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < valid.length; i++) count += valid[i]!;
  return count;
}

/** Side of the blocks that a frame is made in, px, so that the layers of all scenes fit. */
function blockSide({ scenes, planes }: ComposeTask): number {
  return Math.max(64, Math.floor(Math.sqrt(stackValues / (planes.length * (scenes.length + 2)))));
}
