/**
 * Which file of an item, and which sample in it, a band is.
 *
 * @module
 */

import { nearest, RsembedError } from "@rsembed/core";
import { isClassBand } from "../bands.ts";
import type { Imagery } from "./imagery.ts";
import type { AssetBand, StacAsset, StacItem } from "./item.ts";

/** A band of a scene. */
export interface SceneBand {
  readonly href: string;
  /** Position in the file. */
  readonly sample: number;
  /** What the item says of it, if it does. */
  readonly band: AssetBand | null;
  /** Whether its values are classes or bits, between which there is nothing. */
  readonly isClasses: boolean;
  /** Whether it is a reflectance, which may carry Sentinel-2's offset. */
  readonly hasOffset: boolean;
}

type FoundAsset = Pick<SceneBand, "href" | "sample" | "band">;

/** Whether a file may be a GeoTIFF: items also hold previews and texts. */
function isRaster({ type, href }: StacAsset): boolean {
  if (type !== null) return /tiff|octet-stream/i.test(type);
  return /\.tiff?(?:$|\?)/i.test(href);
}

function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** The file and sample of one of some names; `null` if there is none. */
export function findAsset(item: StacItem, names: readonly string[]): FoundAsset | null {
  const rasters = Object.entries(item.assets).filter(([, asset]) => isRaster(asset));
  for (const name of names) {
    const exact = rasters.find(([key]) => key === name) ??
      rasters.find(([key]) => sameName(key, name));
    if (exact) {
      const [, { href, bands }] = exact;
      return { href, sample: 0, band: bands[0] ?? null };
    }
  }
  for (const name of names) {
    for (const [, { href, bands }] of rasters) {
      const sample = bands.findIndex((band) => band.names.some((own) => sameName(own, name)));
      if (sample >= 0) return { href, sample, band: bands[sample]! };
    }
  }
  return null;
}

/**
 * The files of bands.
 *
 * @throws {RsembedError} `not-found` if the item lacks one
 */
export function findBands(
  item: StacItem,
  bands: readonly string[],
  imagery: Imagery,
): SceneBand[] {
  return bands.map((band) => {
    const found = findAsset(item, imagery.assetsOf(band));
    if (found) {
      return { ...found, isClasses: isClassBand(band), hasOffset: imagery.isReflectance(band) };
    }
    const known = Object.entries(item.assets).filter(([, asset]) => isRaster(asset))
      .flatMap(([key, asset]) =>
        asset.bands.length > 1 ? asset.bands.flatMap((b) => b.names) : [key]
      );
    throw new RsembedError(
      "not-found",
      `Cannot find band "${band}" in scene "${item.id}": its files are ${known.join(", ")}`,
      { facts: { name: band, nearest: nearest(band, known) } },
    );
  });
}
