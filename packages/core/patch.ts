/**
 * Imagery as a provider returns it.
 *
 * @module
 */

import type { Grid } from "./grid.ts";
import type { Pixels, ValidMask } from "./ndarray.ts";
import { RsembedError } from "./errors.ts";
import type { SensorSpec } from "./sensor.ts";
import type { Spatial } from "./spatial.ts";
import type { TimeRange } from "./temporal.ts";
import { nearest } from "./names.ts";

/** What a provider is asked for: nothing in it is left to defaults. */
export interface ImageryRequest {
  /** The place. */
  readonly spatial: Spatial;
  /** What imagery of it. */
  readonly sensor: SensorSpec;
  /** One entry a frame; `null` asks for whatever date there is. Never empty. */
  readonly frames: readonly (TimeRange | null)[];
}

/** One scene or file that went into a patch. */
export interface SourceItem {
  /** Name in the source. */
  readonly id: string;
  /** When it was taken, ISO, where known. */
  readonly datetime: string | null;
}

/** Where a patch came from. */
export interface Provenance {
  /** Name of the provider. */
  readonly provider: string;
  /** Collection, folder or service. */
  readonly source: string;
  /** The scenes or files that pixels came from. */
  readonly items: readonly SourceItem[];
  /** Anything a reader of the metadata should know: fallbacks, resampling, seeds. */
  readonly notes: Readonly<Record<string, unknown>>;
}

/** Pixels of one place over some dates, in the provider's own units, with where and when they are. */
export interface Patch {
  /** (T, C, H, W), never normalised. */
  readonly pixels: Pixels;
  /** Names of the C bands. */
  readonly bands: readonly string[];
  /** The window of each of the T frames: as asked, or the date of the file; `null` where unknown. */
  readonly times: readonly (TimeRange | null)[];
  /** Where the pixels lie. */
  readonly grid: Grid;
  /** 1 where every band has imagery. */
  readonly valid: ValidMask;
  /** Where they came from. */
  readonly provenance: Provenance;
}

/** Share of pixels with imagery, 0 to 1. */
export function validFraction(patch: Patch): number {
  const { data } = patch.valid;
  let count = 0;
  for (let i = 0; i < data.length; i++) count += data[i]!;
  return data.length === 0 ? 0 : count / data.length;
}

/**
 * The same patch with some of its bands, in the asked order; shares pixels where nothing changes.
 *
 * @throws {RsembedError} `not-found` if the patch lacks a band
 */
export function selectBands(patch: Patch, bands: readonly string[]): Patch {
  if (bands.length === patch.bands.length && bands.every((b, i) => b === patch.bands[i])) {
    return patch;
  }
  const [t, c, h, w] = patch.pixels.shape;
  const from = bands.map((band) => {
    const index = patch.bands.indexOf(band);
    if (index < 0) {
      throw new RsembedError(
        "not-found",
        `Cannot take band "${band}": the patch has ${patch.bands.join(", ")}`,
        { facts: { name: band, nearest: nearest(band, patch.bands) } },
      );
    }
    return index;
  });
  const plane = h * w;
  const data = new Float32Array(t * bands.length * plane);
  for (let frame = 0; frame < t; frame++) {
    from.forEach((source, band) => {
      const start = (frame * c + source) * plane;
      data.set(
        patch.pixels.data.subarray(start, start + plane),
        (frame * bands.length + band) * plane,
      );
    });
  }
  return {
    ...patch,
    bands,
    pixels: { ...patch.pixels, shape: [t, bands.length, h, w], data },
  };
}
