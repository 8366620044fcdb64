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
/** Scenes that are fetched together. */
const scenesAtOnce = 4;

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
  const byTime = new Map<string, { datetime: string; ids: string[] }>();
  for (const { id, datetime } of patch.provenance.items) {
    if (datetime === null) continue;
    // tiles of one pass differ by parts of a second
    const key = frameOf(datetime).start;
    const known = byTime.get(key);
    if (known) known.ids.push(id);
    else byTime.set(key, { datetime, ids: [id] });
  }
  const times = [...byTime].sort(([a], [b]) => a < b ? -1 : 1).slice(0, maxScenes);
  const looks: SceneLook[] = [];
  // a few at once: all of them may be more than fits
  for (let at = 0; at < times.length; at += scenesAtOnce) {
    const some = times.slice(at, at + scenesAtOnce).map(([, scene]) => scene);
    const scenes = await provider.fetch({
      ...request,
      // what was chosen for the composite is not to be sorted out again
      sensor: { ...request.sensor, composite: "mosaic" },
      frames: some.map(({ datetime }) => frameOf(datetime)),
    }, { signal });
    for (const [t, { datetime, ids }] of some.entries()) {
      const { share, means } = statisticsOf(scenes, t);
      let path: string | null = null;
      if (save && share > 0) {
        const number = String(at + t).padStart(2, "0");
        path = join(save.folder, `${save.name}_scene${number}.png`);
        await writeFileAtomic(path, quicklook(scenes, { frame: t }), { signal });
      }
      looks.push({ ids, datetime, valid_frac: share, band_mean: means, quicklook: path });
    }
  }
  return looks;
}

/** The share of valid pixels of a frame, and their mean in each band. */
function statisticsOf(
  { pixels, valid }: Patch,
  t: number,
): { share: number; means: (number | null)[] } {
  const [, bands, height, width] = pixels.shape;
  const plane = height * width;
  const mask = valid.data.subarray(t * plane, (t + 1) * plane);
  const count = mask.reduce((sum, v) => sum + v, 0);
  const means = Array.from({ length: bands }, (_, band) => {
    let sum = 0;
    const start = (t * bands + band) * plane;
    for (let i = 0; i < plane; i++) if (mask[i] === 1) sum += pixels.data[start + i]!;
    return count === 0 ? null : sum / count;
  });
  return { share: count / plane, means };
}

/** The window of one time: its second, or its day where only that is known. */
function frameOf(datetime: string): TimeRange {
  const start = parseDate(datetime);
  const length = /^\d{4}-\d{2}-\d{2}$/.test(datetime) ? dayMs : 1000;
  const text = (ms: number) => new Date(ms).toISOString();
  const first = length === dayMs ? start : Math.floor(start / 1000) * 1000;
  return { start: text(first), end: text(first + length) };
}
