/**
 * Stored arrays as a provider would give them.
 *
 * @module
 */

import { ndarray, northUpGrid, type Patch, type TimeRange } from "@rsembed/core";
import type { GoldenArray } from "./golden_case.ts";

/** What a stored array does not say of itself. */
export interface GoldenPatchOptions {
  readonly bands: readonly string[];
  /** One entry a frame. */
  readonly times: readonly (TimeRange | null)[];
}

/**
 * A stored array, (T, C, H, W) or (C, H, W) for one date, as a patch.
 *
 * @throws {TypeError} If it is not float32
 */
export function goldenPatch(raw: GoldenArray, { bands, times }: GoldenPatchOptions): Patch {
  if (raw.dtype !== "float32") throw new TypeError(`the patch is ${raw.dtype}, not float32`);
  const [t = 0, c = 0, height = 0, width = 0] = raw.shape.length === 3
    ? [1, ...raw.shape]
    : raw.shape;
  return {
    pixels: ndarray("float32", {
      axes: ["t", "band", "y", "x"],
      shape: [t, c, height, width],
      data: raw.data as Float32Array<ArrayBuffer>,
    }),
    bands,
    times,
    grid: northUpGrid({ crs: "EPSG:32632", west: 5e5, north: 6e6, pixelSize: 10, width, height }),
    valid: ndarray("uint8", {
      axes: ["t", "y", "x"],
      shape: [t, height, width],
      data: new Uint8Array(t * height * width).fill(1),
    }),
    provenance: { provider: "golden", source: "stored array", items: [], notes: {} },
  };
}

/** The window that a case states as `{ start, end }` or `[start, end]`, or `null`. */
export function windowOf(value: unknown): TimeRange | null {
  const [start, end] = Array.isArray(value)
    ? value
    : typeof value === "object" && value !== null
    ? [(value as Record<string, unknown>).start, (value as Record<string, unknown>).end]
    : [];
  return typeof start === "string" && typeof end === "string" ? { start, end } : null;
}
