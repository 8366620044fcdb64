/**
 * One fetch for all models that want the same imagery.
 *
 * @module
 */

import {
  canonicalJson,
  type ImageryRequest,
  isTransient,
  type Patch,
  retry,
  type RunOptions,
  selectBands,
  type SensorSpec,
  type Spatial,
  type TemporalSpec,
  type TimeRange,
} from "@rsembed/core";
import type { Embedder } from "@rsembed/embedders";
import type { Provider } from "@rsembed/providers";
import { withFramesFilled } from "./frames.ts";
import type { Outcome } from "./runner.ts";

/** Imagery that one or several models share. */
export interface FetchGroup {
  /** The sensor with the union of the members' bands, in first-seen order. */
  readonly sensor: SensorSpec;
  readonly frames: readonly (TimeRange | null)[];
  /** Positions of the models in the run. */
  readonly members: readonly number[];
  /** Whether frames without any imagery are filled. */
  readonly fillsEmptyFrames: boolean;
}

/**
 * Groups models by the imagery they want: those that differ only in bands share one fetch.
 */
export function planFetches(
  embedders: readonly Pick<Embedder, "model" | "frames" | "fillsEmptyFrames">[],
  temporal: TemporalSpec | null,
): FetchGroup[] {
  const groups = new Map<string, FetchGroup>();
  embedders.forEach(({ model, frames, fillsEmptyFrames = false }, position) => {
    const wanted = frames(temporal && { start: temporal.start, end: temporal.end });
    const key = canonicalJson({
      ...model.sensor,
      bands: null,
      modality: null,
      frames: wanted,
      fillsEmptyFrames,
    });
    const known = groups.get(key);
    const bands = [...new Set([...(known?.sensor.bands ?? []), ...model.sensor.bands])];
    groups.set(key, {
      sensor: { ...model.sensor, bands },
      frames: wanted,
      members: [...(known?.members ?? []), position],
      fillsEmptyFrames,
    });
  });
  return [...groups.values()];
}

/** Options of {@linkcode fetchPlace}. */
export interface FetchPlaceOptions extends RunOptions {
  readonly maxRetries: number;
  readonly retryBackoffS: number;
}

/**
 * Fetches all imagery of one place; one outcome a model, with the model's own bands.
 *
 * @throws The signal's reason, and nothing else: a failed fetch is an outcome of its members
 */
export async function fetchPlace(
  { provider, groups, spatial, modelBands }: {
    readonly provider: Provider;
    readonly groups: readonly FetchGroup[];
    readonly spatial: Spatial;
    /** Bands of each model of the run. */
    readonly modelBands: readonly (readonly string[])[];
  },
  options: FetchPlaceOptions,
): Promise<Outcome<Patch>[]> {
  const { signal, maxRetries, retryBackoffS } = options;
  const outcomes: Outcome<Patch>[] = new Array(modelBands.length);
  for (const { sensor, frames, members, fillsEmptyFrames } of groups) {
    const request: ImageryRequest = { spatial, sensor, frames };
    const fetch = async (): Promise<Patch> => {
      const patch = await provider.fetch(request, { signal });
      return fillsEmptyFrames
        ? await withFramesFilled(patch, { provider, request, signal })
        : patch;
    };
    try {
      const patch = await retry(fetch, {
        maxRetries,
        backoffMs: 1000 * retryBackoffS,
        isRetryable: isTransient,
        signal,
      });
      for (const position of members) {
        outcomes[position] = { ok: true, value: selectBands(patch, modelBands[position]!) };
      }
    } catch (error) {
      if (signal?.aborted) throw error;
      for (const position of members) outcomes[position] = { ok: false, error };
    }
  }
  return outcomes;
}
