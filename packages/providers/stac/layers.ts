/**
 * A sensor's bands, by the collection that has them.
 *
 * @module
 */

import { nearest, RsembedError, type SensorSpec } from "@rsembed/core";
import { type Imagery, imageryOf } from "./imagery.ts";

/** What one collection gives to a patch. */
export interface Layer {
  /** Name of the collection as asked for. */
  readonly id: string;
  readonly imagery: Imagery;
  readonly bands: readonly string[];
  /** The patch's channel of each band. */
  readonly channels: readonly number[];
}

/** Imagery of Earth Engine that nobody gives away as cloud-optimised files, and what to say of it. */
const elsewhere: readonly (readonly [RegExp, string])[] = [
  [/^COPERNICUS\/S2(?:_HARMONIZED)?$/i, "top-of-atmosphere Sentinel-2 wants an account everywhere"],
  [/^MODIS\//i, "MODIS lies in a sinusoidal grid"],
  [/^GOOGLE\//i, "products of Google are read by the models that are them"],
];

/**
 * The layers of a sensor. Where it names several collections (`A+B`), each band is taken from the first that
 * has it.
 *
 * @throws {RsembedError} `not-found` if no collection has a band, `unsupported` for imagery that is not to
 * be had without an account
 */
export function layersOf(sensor: SensorSpec): Layer[] {
  const parts = sensor.collection.split("+").map((part) => part.trim());
  const layers = parts.map((id) => {
    const known = elsewhere.find(([pattern]) => pattern.test(id));
    if (known) {
      throw new RsembedError(
        "unsupported",
        `Cannot fetch "${id}" over STAC: ${known[1]}; use the backend gee, or local files`,
        { facts: { feature: `collection ${id} over STAC` } },
      );
    }
    return {
      id,
      imagery: imageryOf(id, sensor),
      bands: [] as string[],
      channels: [] as number[],
    };
  });
  sensor.bands.forEach((band, channel) => {
    const layer = layers.find(({ imagery }) => imagery.has(band));
    if (!layer) {
      throw new RsembedError(
        "not-found",
        `Cannot take band "${band}" from ${sensor.collection}: it is none of its bands`,
        { facts: { name: band, nearest: nearest(band, sensor.bands) } },
      );
    }
    layer.bands.push(band);
    layer.channels.push(channel);
  });
  return layers.filter(({ bands }) => bands.length > 0);
}
