/**
 * A sensor's bands, by the collection that has them.
 *
 * @module
 */

import {
  type Bounds,
  nearest,
  RsembedError,
  type RunOptions,
  type SensorSpec,
  type TimeRange,
} from "@rsembed/core";
import {
  bandName,
  collectionFacts,
  collectionsOf,
  polarisations,
  sentinel1Collection,
} from "./collections.ts";
import type { ExpressionGraph } from "./expression.ts";
import { firstBandNames } from "./imagery.ts";
import type { EarthEngine } from "./service.ts";

/** What one collection gives to a patch. */
export interface Layer {
  /** Id of the collection. */
  readonly id: string;
  /** Its bands, by their names there. */
  readonly bands: readonly string[];
  /** The patch's channel of each band. */
  readonly channels: readonly number[];
  /** An image of the caller's own. */
  readonly custom?: CustomImage;
}

/** What an image of one's own is asked for. */
export interface CustomImageRequest {
  /** Where pixels will be taken, in the coordinates of `crs`. */
  readonly bounds: Bounds;
  /** EPSG code. */
  readonly crs: string;
  /** When; `null` for any time. */
  readonly window: TimeRange | null;
}

/**
 * An image of one's own: its expression in the REST form, as `ee.Serializer.encodeCloudApi` of Google's client
 * gives it, or as an object of that form. Its bands are those that the sensor names.
 */
export interface CustomImage {
  /** Makes the expression for one place and time. */
  (request: CustomImageRequest): ExpressionGraph | Promise<ExpressionGraph>;
}

/** Band names of collections that were asked for them, shared by the places of a run. */
export type KnownBands = Map<string, Promise<readonly string[]>>;

/**
 * The layers of a sensor. Where it names several collections (`A+B`), each band is taken from the first that
 * has it.
 *
 * @throws {RsembedError} `not-found` if no collection has a band
 */
export async function layersOf(
  sensor: SensorSpec,
  { engine, known, images, signal }: RunOptions & {
    readonly engine: EarthEngine;
    readonly known: KnownBands;
    readonly images: Readonly<Record<string, CustomImage>>;
  },
): Promise<Layer[]> {
  const { collection, bands } = sensor;
  if (Object.hasOwn(images, collection)) {
    const channels = bands.map((_, i) => i);
    return [{ id: collection, bands, channels, custom: images[collection]! }];
  }
  const ids = collectionsOf(sensor).map((id) =>
    collectionFacts(id).isSentinel1 ? sentinel1Collection(sensor) : id
  );
  if (ids.length === 1) {
    const id = ids[0]!;
    const bands = sensor.bands.map((band) => bandName(band, id));
    return [{ id, bands, channels: bands.map((_, i) => i) }];
  }
  const named = await Promise.all(ids.map((id) => bandsOf(id, { engine, known, signal })));
  const layers = ids.map((id) => ({ id, bands: [] as string[], channels: [] as number[] }));
  sensor.bands.forEach((band, channel) => {
    const at = ids.findIndex((id, i) => named[i]!.includes(bandName(band, id)));
    const layer = layers[at];
    if (!layer) {
      throw new RsembedError(
        "not-found",
        `Cannot take band "${band}" from ${sensor.collection}: the collections have ${
          named.flat().join(", ")
        }`,
        { facts: { name: band, nearest: nearest(band, named.flat()) } },
      );
    }
    layer.bands.push(bandName(band, layer.id));
    layer.channels.push(channel);
  });
  return layers.filter((layer) => layer.bands.length > 0);
}

async function bandsOf(
  id: string,
  { engine, known, signal }: RunOptions & {
    readonly engine: EarthEngine;
    readonly known: KnownBands;
  },
): Promise<readonly string[]> {
  // its scenes differ in their bands
  if (collectionFacts(id).isSentinel1) return [...polarisations, "angle"];
  const before = known.get(id);
  if (before) {
    const names = await before.catch(() => null);
    if (names) return names;
    // whoever asked may have been stopped
    signal?.throwIfAborted();
  }
  const asked = engine.computeValue(firstBandNames(id), { signal }).then((names) => {
    if (Array.isArray(names) && names.every((name) => typeof name === "string")) return names;
    throw new RsembedError("corrupt", `Cannot read the bands of ${id}: the answer is no list`, {
      facts: { source: id },
    });
  });
  known.set(id, asked);
  return await asked;
}
