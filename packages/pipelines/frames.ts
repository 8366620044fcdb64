/**
 * Frames of a series that no scene has imagery for.
 *
 * @module
 */

import {
  type ImageryRequest,
  isRsembedError,
  parseDate,
  type Patch,
  type RunOptions,
  type TimeRange,
} from "@rsembed/core";
import type { Provider } from "@rsembed/providers";

/** Numbers of the frames of a patch without any valid pixel. */
export function emptyFrames({ pixels, valid }: Patch): number[] {
  const [frames, , height, width] = pixels.shape;
  const plane = height * width;
  return Array.from({ length: frames }, (_, t) => t)
    .filter((t) => !valid.data.subarray(t * plane, (t + 1) * plane).includes(1));
}

/**
 * The patch with its empty frames filled, and named in the notes: with the composite of the whole window,
 * fetched once more for that, or where that is empty too, with the nearest frame that is not.
 *
 * Source: the multi-frame fetch of rs-embed.
 */
export async function withFramesFilled(
  patch: Patch,
  { provider, request, signal }: RunOptions & {
    readonly provider: Provider;
    readonly request: ImageryRequest;
  },
): Promise<Patch> {
  const empty = emptyFrames(patch);
  const [frames, bands, height, width] = patch.pixels.shape;
  if (empty.length === 0 || empty.length === frames) return patch;
  const whole = await wholeWindow(provider, request, signal);
  const filled = Array.from({ length: frames }, (_, t) => t).filter((t) => !empty.includes(t));
  const plane = height * width, size = bands * plane;
  const data = patch.pixels.data.slice(), valid = patch.valid.data.slice();
  for (const t of empty) {
    const nearest = filled.reduce((a, b) => Math.abs(b - t) < Math.abs(a - t) ? b : a);
    const from = whole ?? patch;
    const s = whole ? 0 : nearest;
    data.set(from.pixels.data.subarray(s * size, (s + 1) * size), t * size);
    valid.set(from.valid.data.subarray(s * plane, (s + 1) * plane), t * plane);
  }
  const { notes, ...provenance } = patch.provenance;
  return {
    ...patch,
    pixels: { ...patch.pixels, data },
    valid: { ...patch.valid, data: valid },
    provenance: {
      ...provenance,
      notes: {
        ...notes,
        backfilled_frames: empty,
        backfilled_from: whole ? "the whole window" : "the nearest frame",
      },
    },
  };
}

/** The composite of all frames' time; `null` where it has no imagery. */
async function wholeWindow(
  provider: Provider,
  request: ImageryRequest,
  signal: AbortSignal | undefined,
): Promise<Patch | null> {
  const windows = request.frames.filter((frame): frame is TimeRange => frame !== null);
  if (windows.length < request.frames.length) return null;
  const start = windows.map(({ start }) => start).reduce((a, b) =>
    parseDate(b) < parseDate(a) ? b : a
  );
  const end = windows.map(({ end }) => end).reduce((a, b) => parseDate(b) > parseDate(a) ? b : a);
  try {
    const patch = await provider.fetch({ ...request, frames: [{ start, end }] }, { signal });
    return emptyFrames(patch).length === 0 ? patch : null;
  } catch (error) {
    signal?.throwIfAborted();
    if (isRsembedError(error, "no-data")) return null;
    throw error;
  }
}
