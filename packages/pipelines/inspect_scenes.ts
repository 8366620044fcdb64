/**
 * A look at each scene that a composite is made of.
 *
 * @module
 */

import { join } from "node:path";
import {
  dayMs,
  type ImageryRequest,
  parseDate,
  type Patch,
  type RunOptions,
  type TimeRange,
} from "@rsembed/core";
import type { Provider } from "@rsembed/providers";
import { quicklook } from "@rsembed/providers/inspect";
import { writeFileAtomic } from "@rsembed/writers";

/** What one scene has in a place. */
export interface SceneLook {
  /** Names of the scenes of that time, as the source has them: a place may lie on two tiles. */
  readonly ids: readonly string[];
  /** When they were taken, ISO. */
  readonly datetime: string;
  /** Share of the place's pixels that they have. */
  readonly valid_frac: number;
  /** Means of those pixels, one a band. */
  readonly band_mean: readonly (number | null)[];
  /** Path of its quicklook, where one was asked for. */
  readonly quicklook: string | null;
}

/** Scenes that are looked at, at most. */
const maxScenes = 64;

/** What {@linkcode lookAtScenes} looks at. */
export interface ScenesTask extends RunOptions {
  readonly provider: Provider;
  readonly request: ImageryRequest;
  /** The composite. */
  readonly patch: Patch;
  /** Folder and base name of quicklooks; `null` for none. */
  readonly save: { readonly folder: string; readonly name: string } | null;
}

/** Fetches each scene of a composite by itself, oldest first, at most 64. */
export async function lookAtScenes(
  { provider, request, patch, save, signal }: ScenesTask,
): Promise<SceneLook[]> {
  const byTime = new Map<string, string[]>();
  for (const { id, datetime } of patch.provenance.items) {
    if (datetime !== null) byTime.set(datetime, [...byTime.get(datetime) ?? [], id]);
  }
  const times = [...byTime.keys()].sort().slice(0, maxScenes);
  if (times.length === 0) return [];
  const { sensor } = request;
  const scenes = await provider.fetch({
    ...request,
    // what was chosen for the composite is not to be sorted out again
    sensor: { ...sensor, composite: "mosaic" },
    frames: times.map(frameOf),
  }, { signal });
  const [, bands, height, width] = scenes.pixels.shape;
  const plane = height * width;
  const looks: SceneLook[] = [];
  for (const [t, datetime] of times.entries()) {
    const valid = scenes.valid.data.subarray(t * plane, (t + 1) * plane);
    const count = valid.reduce((sum, v) => sum + v, 0);
    const means = Array.from({ length: bands }, (_, band) => {
      let sum = 0;
      const start = (t * bands + band) * plane;
      for (let i = 0; i < plane; i++) if (valid[i] === 1) sum += scenes.pixels.data[start + i]!;
      return count === 0 ? null : sum / count;
    });
    let path: string | null = null;
    if (save && count > 0) {
      path = join(save.folder, `${save.name}_scene${String(t).padStart(2, "0")}.png`);
      await writeFileAtomic(path, quicklook(scenes, { frame: t }), { signal });
    }
    looks.push({
      ids: byTime.get(datetime)!,
      datetime,
      valid_frac: count / plane,
      band_mean: means,
      quicklook: path,
    });
  }
  return looks;
}

/** The window of one time: its second, or its day where only that is known. */
function frameOf(datetime: string): TimeRange {
  const start = parseDate(datetime);
  const length = /^\d{4}-\d{2}-\d{2}$/.test(datetime) ? dayMs : 1000;
  const text = (ms: number) => new Date(ms).toISOString();
  const first = length === dayMs ? start : Math.floor(start / 1000) * 1000;
  return { start: text(first), end: text(first + length) };
}
